"""The words and signs that shops measure and count by, in six languages. Closed lists."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMBOLS = _words(
    "mg g gr kg dag dkg ml cl dl l ltr mm cm m oz lb lbs pt qt gal tsp tbsp el tl "
    "pc pcs st stk pck pkg pkt btl fl msp x \u00d7"
) | {"fl oz"}
"""Units that are never a name: `1,5 kg` alone is not split."""

_ENGLISH = _words(
    "pack packs packet packets package packages bottles cans tins boxes bags jars glasses cups "
    "bunch bunches heads clove cloves slices rolls sticks bars tubes tubs trays blocks pots "
    "cartons crates cases pinch handful handfuls sachet sachets loaf loaves sprig sprigs stalk "
    "stalks punnet punnets piece pieces pair pairs dozen pint pints quart quarts gallon gallons "
    "ounce ounces pounds gram grams kilo kilos liter liters litre litres"
)
_GERMAN = _words(
    "packung packungen päckchen paket pakete dose dosen flasche flaschen glas gläser becher "
    "beutel tüte tüten tuben bund kiste kisten kasten kästen karton kartons stück stücke scheibe "
    "scheiben rolle rollen tafel tafeln sack netz netze schale schalen stange stangen zehe zehen "
    "prise prisen tasse tassen kopf köpfe bündel esslöffel teelöffel gramm pfund dutzend laib "
    "paar riegel würfel zweig zweige eimer kanister handvoll knolle knollen schuss stängel "
    "messerspitze"
)
_FRENCH = _words(
    "paquet paquets boîte boîtes boite boites bouteille bouteilles brique briques barquette "
    "barquettes botte bottes tranche tranches rouleau rouleaux tablette tablettes verre verres "
    "cuillère cuillères gousse gousses morceau morceaux pièce pièces gramme grammes douzaine "
    "douzaines canette canettes"
)
_SPANISH = _words(
    "paquete paquetes lata latas botella botellas bolsa bolsas caja cajas manojo manojos tarro "
    "tarros bote botes rebanada rebanadas rollo rollos barra barras diente dientes taza tazas "
    "vaso vasos cucharada cucharadas trozo trozos pieza piezas litro litros gramo gramos docena "
    "docenas cartones bandeja bandejas"
)
_ITALIAN = _words(
    "pacco pacchi pacchetto pacchetti lattina lattine scatola scatole bottiglia bottiglie "
    "barattolo barattoli busta buste sacchetto sacchetti mazzo mazzi fetta fette rotolo rotoli "
    "spicchio spicchi tazze bicchiere bicchieri cucchiaio cucchiai cucchiaino cucchiaini pezzo "
    "pezzi litri grammo grammi etto etti chilo dozzina vasetto vasetti confezione confezioni"
)
_DUTCH = _words(
    "pak pakken pakje pakjes blik blikken blikje blikjes fles flessen zak zakken zakje zakjes "
    "doos dozen potten bos bosje bosjes krop stuk stuks plak plakken rol reep repen teentje "
    "teentjes kop kopje kopjes glazen pond ons bakje bakjes krat kratten"
)

WORDS = _ENGLISH | _GERMAN | _FRENCH | _SPANISH | _ITALIAN | _DUTCH
"""Units that can be a name as well: `2 cans` means two cans."""

ONE_ONLY = _words(
    "bottle can tin box bag jar glass cup head slice roll stick bar tube tub tray block pot "
    "carton crate case pound"
)
"""English singulars, units of one only: `1 can beans`, but not `2 can openers`."""

PROPERTIES = _words(
    "volt volts watt watts kwh mah amp amps kelvin lumen lumens khz mhz dpi inch zoll spf ply den "
    "denier star spice grain bean lagig lagige lagiges"
)
"""Words that make a number part of the name: `40 watt bulb`, `3 ply tissues`, `5 spice powder`.

Words of one or two Latin letters do so too: `9 V battery`, `64 GB stick`, `7 Up`.
"""
