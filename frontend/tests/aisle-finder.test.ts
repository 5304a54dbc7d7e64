import { describe, expect, it } from 'vitest';
import { AisleFinder, AisleTable } from '../src/stores/aisle-finder';
import { AISLE_WORDS as GERMAN } from '../src/stores/aisle-words/de';
import { AISLE_WORDS as ENGLISH } from '../src/stores/aisle-words/en';
import type { AisleKind } from '../src/stores/aisle-words/names';
import { aisleNames, otherAisles } from '../src/stores/aisle-names';
import type { ItemRow } from '../src/protocol/frames';
import { savedRow } from '../src/sync/optimistic-view';
import { item } from './fake/rows';

const english = new AisleTable(ENGLISH);
const german = new AisleTable(GERMAN);
const germanFinder = new AisleFinder(german);

const expectKinds = (table: AisleTable, names: Partial<Record<AisleKind, string>>): void => {
  const all = Object.entries(names).flatMap(([kind, text]) =>
    text.split(', ').map((name) => [name, kind] as const),
  );
  expect(all.map(([name]) => [name, table.kindOf(name)])).toEqual(all);
};
const expectUnknown = (table: AisleTable, names: string): void => {
  const all = names.split(', ');
  expect(all.map((name) => [name, table.kindOf(name)])).toEqual(all.map((name) => [name, null]));
};

describe('the table of goods (AIS-4)', () => {
  it('knows English names, their plurals and their last words', () => {
    expectKinds(english, {
      produce: 'Zucchini, tomatoes, red onions, 3 lemons, Brussels sprouts, baby carrots, peppers',
      bakery: 'bread, rye bread, apple pie, burger buns, loaf of bread',
      dairy: 'Milk, milk 1 l, oat milk, eggs, free range eggs, cheddar, butter for the cake',
      meat: 'minced beef, chicken breasts, smoked salmon',
      deli: 'hummus, pizza, tofu',
      frozen: 'frozen raspberries, frozen pizza, ice cream, peas, fish fingers',
      pantry: 'rice, spaghetti, tinned tomatoes, kidney beans, coconut milk, tuna',
      seasoning: 'olive oil, pepper, tomato ketchup, soy sauce',
      baking: 'flour, brown sugar, vanilla extract, bicarbonate of soda',
      breakfast: 'peanut butter, jam, corn flakes, honey',
      sweets: 'crisps, milk chocolate, cookies, mixed nuts',
      hotdrinks: 'coffee, tea, tea bags, coffee filters',
      drinks: 'orange juice, cola, sparkling water',
      alcohol: 'beer, red wine, IPA',
      household: 'toilet paper, bin bags, washing-up liquid, batteries, light bulbs',
      care: 'shampoo, toothpaste, plasters, tampons',
      baby: 'nappies, baby wipes, baby shampoo',
      pets: 'cat food, cat litter, dog shampoo',
    });
  });

  it('does not take a part of an English name for the goods', () => {
    expectUnknown(english, 'egg timer, bread knife, apple charger, coffee table, milk frother');
    expectUnknown(english, 'a, I, up, gift for Ana, present, teapot, 7, reinforced, buttermere');
  });

  it('knows German names, their plurals and the ends of compounds', () => {
    expectKinds(german, {
      produce: 'Zucchini, Äpfel, Tomaten, Rispentomaten, rote Zwiebeln, Bio-Gurke, Babyspinat',
      bakery: 'Brot, Vollkornbrot, Brötchen, Apfelkuchen',
      dairy:
        'Vollmilch, Milch 3,5 %, Eier, Ziegenfrischkäse, Erdbeerjoghurt, Butter für den Kuchen',
      meat: 'Hackfleisch, Rinderhackfleisch, Bratwürste, Lachsfilet, Schweineschnitzel',
      deli: 'Hummus, Kartoffelsalat, Räuchertofu, Pizza',
      frozen: 'TK-Erbsen, Tiefkühlpizza, Eis, Fischstäbchen, TK Brötchen',
      pantry: 'Reis, Basmatireis, Nudeln, Dosentomaten, Kichererbsen, Kokosmilch, Linsensuppe',
      seasoning: 'Olivenöl, Öl, Pfeffer, Sojasauce, Gemüsebrühe',
      baking: 'Mehl, Zucker, Vanillezucker, Backpulver',
      breakfast: 'Erdnussbutter, Erdbeermarmelade, Haferflocken, Knäckebrot, Honig',
      sweets: 'Chips, Vollmilchschokolade, Kekse, Walnüsse, Gummibärchen',
      hotdrinks: 'Kaffee, Pfefferminztee, Tee, Kaffeebohnen',
      drinks: 'Apfelsaft, Mineralwasser, Cola, O-Saft',
      alcohol: 'Bier, Rotwein, Weißbier',
      household: 'Klopapier, Müllbeutel, Spülmittel, Batterien, Glühbirnen, Backpapier',
      care: 'Zahnpasta, Shampoo, Handcreme, Pflaster, Sonnenmilch, Kontaktlinsen',
      baby: 'Windeln, Babybrei, Baby Shampoo',
      pets: 'Katzenfutter, Katzenstreu, Hundekekse',
    });
  });

  it('does not take the end of another German word for the goods', () => {
    expectUnknown(german, 'Geburtstagsfeier, Kreis, Verkaufspreis, Bilderrahmen, Sparschwein');
    expectUnknown(german, 'Eierbecher, Brotmesser, Dosenöffner, Dokumente, Wasserschlauch, ein');
    expectUnknown(german, 'Geschenk für Oma, Rente, Krawatte, Hundert, Abdeckklappe, Babyphon');
  });

  it('knows goods that are preserved by their quantity', () => {
    expect(german.kindOf('Tomaten', '2 Dosen')).toBe('pantry');
    expect(english.kindOf('Tomatoes', '2 tins')).toBe('pantry');
    expect(english.kindOf('Milk', '2 cans')).toBe('dairy');
  });

  it.each([ENGLISH, GERMAN])('has 800 words and no word twice', ({ aisles }) => {
    const words = Object.values(aisles).flatMap(({ words: text }) => text.split(','));
    expect(words.length).toBeGreaterThan(800);
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  });
});

describe('the aisle of a new item (AIS-4)', () => {
  const finder = new AisleFinder(english);
  const find = (
    name: string,
    items: readonly ItemRow[] = [],
    order: string[] = [],
  ): string | null => finder.find({ name }, items, order);

  it('is the usual one of its kind', () => {
    expect(find('Zucchini')).toBe('Fruit & vegetables');
    expect(find('gizmo')).toBeNull();
  });

  it('is the one in which the list has goods of this kind', () => {
    const items = [
      item('a', { name: 'Milk', category: 'Chilled' }),
      item('b', { name: 'Butter', category: 'Chilled', purchased: true }),
      item('c', { name: 'Eggs', category: 'Dairy' }),
    ];
    expect(find('Yoghurt', items)).toBe('Chilled');
  });

  it('is the one that the list calls by another name', () => {
    expect(find('Apples', [item('a', { name: 'gizmo', category: 'VEG' })])).toBe('VEG');
    expect(find('Apples', [], ['Fruit', 'Dairy'])).toBe('Fruit');
  });

  it('is the one that the list has by its name in another language', () => {
    const german = [item('a', { name: 'Hafermilch', category: 'Milchprodukte & Eier' })];
    expect(find('Butter', german)).toBe('Milchprodukte & Eier');
    expect(find('Butter', [], ['milchprodukte & eier'])).toBe('milchprodukte & eier');
    expect(find('Apples', german)).toBe('Fruit & vegetables');
    const english = [item('a', { name: 'Oat milk', category: 'Dairy & eggs' })];
    expect(germanFinder.aisleOf({ name: 'Butter' }, english, [])).toBe('Dairy & eggs');
  });

  it('is of one kind only, whatever the language of its name', () => {
    for (const table of [english, german]) {
      const keys = table.kinds.flatMap((kind) => [...table.keysOf(kind)]);
      expect(keys).toHaveLength(new Set(keys).size);
    }
  });

  it('is not known on a list that has some items and no aisles', () => {
    const gizmos = ['1', '2', '3'].map((id) => item(id, { name: `gizmo ${id}` }));
    expect(find('Apples', gizmos)).toBeNull();
    expect(find('Apples', gizmos.slice(1))).toBe('Fruit & vegetables');
    expect(find('Apples', [...gizmos, item('4', { category: 'Toys' })])).toBe('Fruit & vegetables');
    expect(find('Apples', [item('a', { name: 'Milk' })])).toBeNull();
    expect(find('Apples', [item('a', { name: 'Milk', purchased: true })])).toBe(
      'Fruit & vegetables',
    );
  });
});

describe('the names of aisles that a user can choose (AIS-3)', () => {
  it('are those of the list by hand, then those of its items', () => {
    const rows = ['Toys', '', 'dairy', 'Bakery'].map((category, index) =>
      savedRow(item(String(index), { category, purchased: index > 1 })),
    );
    expect(aisleNames(rows, ['Frozen', 'Dairy'])).toEqual(['Frozen', 'Dairy', 'Bakery', 'Toys']);
  });

  it('are also the usual ones for goods that the list has in no aisle', () => {
    expect(otherAisles([], english)).toContain('Dairy & eggs');
    expect(otherAisles(['Fridge', 'baking'], english)).not.toContain('Dairy & eggs');
    expect(otherAisles(['Fridge', 'baking'], english)).not.toContain('Baking');
    expect(otherAisles(['Getränke'], english)).not.toContain('Drinks');
    expect(otherAisles([], undefined)).toEqual([]);
  });
});
