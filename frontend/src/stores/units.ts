/** The units of quantities in six languages. The lists are complete by definition. */

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Units that cannot be the name of an item: `1,5 kg` alone is not split. */
export const SYMBOLS: ReadonlySet<string> = new Set([
  ...words(`
  btl cl cm dag dkg dl el fl g gal gr kg l lb lbs ltr m mg ml mm msp oz pc pck pcs pkg pkt pt qt
  st stk tbsp tl tsp x ×
  `),
  'fl oz',
]);

/** Units that can be the name of an item too: `2 cans` means two of the item `cans`. */
export const WORDS: ReadonlySet<string> = new Set(
  words(`
  bags bakje bakjes bandeja bandejas barattoli barattolo barquette barquettes barra barras bars
  becher beutel bicchiere bicchieri blik blikje blikjes blikken blocks boite boites bolsa bolsas
  bos bosje bosjes bote botella botellas botes botte bottes bottiglia bottiglie bottles
  bouteille bouteilles boxes boîte boîtes brique briques bunch bunches bund busta buste bündel
  caja cajas canette canettes cans cartones cartons cases chilo clove cloves confezione
  confezioni crates cucchiai cucchiaini cucchiaino cucchiaio cucharada cucharadas cuillère
  cuillères cups diente dientes docena docenas doos dose dosen douzaine douzaines dozen dozzina
  dutzend eimer esslöffel etti etto fetta fette flasche flaschen fles flessen gallon gallons
  glas glasses glazen gläser gousse gousses gram gramm gramme grammes grammi grammo gramo gramos
  grams handful handfuls handvoll heads jars kanister karton kartons kasten kilo kilos kiste
  kisten knolle knollen kop kopf kopje kopjes krat kratten krop kästen köpfe laib lata latas
  lattina lattine liter liters litre litres litri litro litros loaf loaves manojo manojos mazzi
  mazzo messerspitze morceau morceaux netz netze ons ounce ounces paar pacchetti pacchetto
  pacchi pacco pack package packages packet packets packs packung packungen pair pairs pak paket
  pakete pakje pakjes pakken paquet paquete paquetes paquets pezzi pezzo pfund piece pieces
  pieza piezas pinch pint pints pièce pièces plak plakken pond pots potten pounds prise prisen
  punnet punnets päckchen quart quarts rebanada rebanadas reep repen riegel rol rolle rollen
  rollo rollos rolls rotoli rotolo rouleau rouleaux sacchetti sacchetto sachet sachets sack
  scatola scatole schale schalen scheibe scheiben schuss slices spicchi spicchio sprig sprigs
  stalk stalks stange stangen sticks stuk stuks stängel stück stücke tablette tablettes tafel
  tafeln tarro tarros tasse tassen taza tazas tazze teelöffel teentje teentjes tins tranche
  tranches trays trozo trozos tuben tubes tubs tüte tüten vasetti vasetto vaso vasos verre
  verres würfel zak zakje zakjes zakken zehe zehen zweig zweige
  `),
);

/** English singulars: units in `1 can beans`, but part of the name in `2 can openers`. */
export const ONE_ONLY: ReadonlySet<string> = new Set(
  words(`
  bag bar block bottle box can carton case crate cup glass head jar pot pound roll slice stick
  tin tray tub tube
  `),
);

/** Words that make a number part of the name: `40 watt bulb`, `3 ply tissues`. */
export const PROPERTIES: ReadonlySet<string> = new Set(
  words(`
  amp amps bean den denier dpi grain inch kelvin khz kwh lagig lagige lagiges lumen lumens mah mhz
  ply spf spice star volt volts watt watts zoll
  `),
);
