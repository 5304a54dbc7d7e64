import type { Language } from '../language';

/** A kind of goods that has an aisle of its own in most shops. */
export type AisleKind =
  | 'produce'
  | 'bakery'
  | 'dairy'
  | 'meat'
  | 'deli'
  | 'frozen'
  | 'pantry'
  | 'seasoning'
  | 'baking'
  | 'breakfast'
  | 'sweets'
  | 'hotdrinks'
  | 'drinks'
  | 'alcohol'
  | 'household'
  | 'care'
  | 'baby'
  | 'pets';

type AisleNames = Readonly<Record<AisleKind, string>>;

/**
 * The names of the usual aisles in all languages.
 *
 * Every page has all of them, because the members of a list may use several languages.
 */
export const AISLE_NAMES: Readonly<Record<Language['tag'], AisleNames>> = {
  en: {
    produce: 'Fruit & vegetables',
    bakery: 'Bakery',
    dairy: 'Dairy & eggs',
    meat: 'Meat & fish',
    deli: 'Deli & ready meals',
    frozen: 'Frozen',
    pantry: 'Pasta, rice & tins',
    seasoning: 'Oil, sauces & spices',
    baking: 'Baking',
    breakfast: 'Breakfast & spreads',
    sweets: 'Sweets & snacks',
    hotdrinks: 'Coffee & tea',
    drinks: 'Drinks',
    alcohol: 'Beer, wine & spirits',
    household: 'Household',
    care: 'Health & beauty',
    baby: 'Baby',
    pets: 'Pets',
  },
  de: {
    produce: 'Obst & Gemüse',
    bakery: 'Brot & Backwaren',
    dairy: 'Milchprodukte & Eier',
    meat: 'Fleisch & Fisch',
    deli: 'Feinkost & Fertiggerichte',
    frozen: 'Tiefkühl',
    pantry: 'Nudeln, Reis & Konserven',
    seasoning: 'Öl, Soßen & Gewürze',
    baking: 'Backzutaten',
    breakfast: 'Frühstück & Aufstriche',
    sweets: 'Süßes & Knabbereien',
    hotdrinks: 'Kaffee & Tee',
    drinks: 'Getränke',
    alcohol: 'Bier, Wein & Spirituosen',
    household: 'Haushalt',
    care: 'Drogerie & Gesundheit',
    baby: 'Baby',
    pets: 'Tierbedarf',
  },
};
