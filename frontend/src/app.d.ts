/** The language of this build, as a BCP 47 tag such as `de`. */
declare const __LOCALE__: string;
