import type { Plugin } from 'vite';

export function languagePlugin(): Plugin;
