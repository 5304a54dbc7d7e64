import { AISLE_WORDS } from '#aisle-words';
import { AisleFinder, AisleTable } from './aisle-finder';

/** The finder with the words of the language of this page. */
export const aisleFinder = new AisleFinder(new AisleTable(AISLE_WORDS));
