"""Other names by which labels call a substance, and words as they are spelt or misspelt elsewhere.

Trade, American and foreign names, and damage that is always the same (`synonyms.csv`): facts
gathered by us; each names one INCI name and no other.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from compliance.substances.rules.names import name_key

# One word of a name, as it is misspelt or spelt elsewhere; what is right stands left.
_WORDS = """
aluminum = aluminium
sulfate = sulphate
sulfates = sulphates
sulfite = sulphite
sulfide = sulphide
sulfonate = sulphonate
sulfonic = sulphonic
sulfosuccinate = sulphosuccinate
sulfur = sulphur
hydrolyzed = hydrolysed hydrolized hydrolised hydrolyze hydolyzed hydrolzyed
polymerized = polymerised
hydrogenated = hydrogenised hydrogenate hydrongenated hydogenated
glycerin = glycerine gylcerin glycern
dimethicone = dimethicon dimethcone dimethicome dimeticone
barbadensis = barbadenis barbadensi barbensis barbadenesis
glycyrrhiza = glycyrrhizia glycyrrhyza glycrrhiza glycyrriza glyrrhiza glycyrrhiz glycyrrhiiza
sinensis = sinesis sinenis sinesnis
officinalis = officianalis officinalus offcinalis officinals
annuus = annus anuus
chinensis = chinesis chinenesis chinenis chinensi
simmondsia = simmondsa simmondisia simmodsia simondsia
butyrospermum = butryospermum butyrosperum butryrospermum butyospermum
limnanthes = limnantes
stearate = steareate sterate
stearoyl = steroyl
tocopheryl = tocophenyl tocopherly
hyaluronate = hyalurnate hyaluonate
ethylhexyl = ethyhexyl ehtylhexyl etylhexyl
palmitoyl = palmitol palmytoyl
caprylyl = capryly caprylylm capyrlyl caprylyi
caprylic = capryllic caprylc
phenoxyethanol = phenoxethanol
cellulose = cellulos celluose
glycol = gylcol glyol gycol glycool
crosspolymer = crosspolyme crosspolymers
copolymer = copolymers copoylmer coploymer
benzoate = benzonate
acrylates = acylates acrlyates
acrylate = acylate
acryloyldimethyl = acryloydimethyl acryloyldmethyl acryloyldimethy
extract = extracts extrac extact
oil = oils
colors = colours
color = colour
lupinus = lupinous
pelargonium = palargonium
sambucus = sambuccus
lavandula = lavendula lavandul
helianthus = helianthos helianthius
indicum = indicium
sesamum = sesamium
paeonia = paenia
suffruticosa = suffructicosa
hydroxypropyltrimonium = hydroxypropultrimonium
phyllostachys = phyllostachis
serpyllum = serpillum
mukorossi = mukurossi mukorosi
moluccanus = moluccana
citronellol = citronnellol citronelol
betaine = betain
gelidiella = gellidiella gellidiela
europaea = europea
niacinamide = niacinnamide
"""

# The common name of a plant that trade uses for one species only.
_PLANTS = """
argania spinosa = argan
persea gratissima = avocado
adansonia digitata = baobab
borago officinalis = borage
cucumis sativus = cucumber
daucus carota sativa = carrot
camellia sinensis = green tea
melaleuca alternifolia = tea tree
hamamelis virginiana = witch hazel
olea europaea = olive
cocos nucifera = coconut
helianthus annuus = sunflower
glycine soja = soybean
theobroma cacao = cocoa
mangifera indica = mango
simmondsia chinensis = jojoba
butyrospermum parkii = shea
oenothera biennis = evening primrose
punica granatum = pomegranate
carica papaya = papaya
curcuma longa = turmeric
zingiber officinale = ginger
lavandula angustifolia = lavender
rosmarinus officinalis = rosemary
prunus amygdalus dulcis = sweet almond
prunus armeniaca = apricot
avena sativa = oat
oryza sativa = rice
triticum vulgare = wheat
zea mays = corn
citrus limon = lemon | citrus medica limonum
citrus aurantium bergamia = bergamot
citrus aurantium dulcis = orange
pyrus malus = apple
panax ginseng = ginseng
moringa oleifera = moringa | moringa pterygosperma
mentha piperita = peppermint
portulaca oleracea = purslane
limnanthes alba = meadowfoam
crambe abyssinica = abyssinian
citrullus lanatus = citrullus vulgaris
gardenia taitensis = gardenia tahitensis
saccharum officinarum = sugar cane | sugarcane
acer saccharum = sugar maple
euterpe oleracea = acai
foeniculum vulgare = fennel
pisum sativum = pea
rubus idaeus = raspberry
schisandra chinensis = schizandra chinensis
ziziphus jujuba = zizyphus jujuba
zizyphus jujuba = ziziphus jujuba
thymus serpyllum = thymus serpillum
ananas sativus = ananas sativas | pineapple
prunus amygdalus dulcis = prunus dulcis
citrus aurantium dulcis = citrus sinensis
macadamia ternifolia = macadamia
passiflora edulis = passion fruit | passionfruit
ribes nigrum = black currant | blackcurrant
"""


# INCI names that mean one and the same thing: the European and the American, the old and the new.
_EQUALS = """
aqua | water
beeswax | cera alba
sea salt | maris sal
sea water | maris aqua
yeast extract | faex extract | faex
honey | mel
honey extract | mel extract
milk | lac
titanium dioxide | ci 77891
zinc oxide | ci 77947
tin oxide | ci 77861
ultramarines | ci 77007
microcrystalline wax | cera microcristallina | microcristallina cera
whey protein | lactis protein
diatomaceous earth | solum diatomeae
olus oil | vegetable oil
copernicia cerifera cera | copernicia cerifera wax | cera carnauba
candelilla cera | euphorbia cerifera cera | euphorbia cerifera wax
"""


def _pairs(table: str, sign: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, table.splitlines()):
        right, _, wrong = line.partition(" = ")
        for name in filter(None, map(str.strip, wrong.split(sign) if sign else wrong.split())):
            found[name_key(name)] = name_key(right)
    return found


def _file() -> Mapping[str, str]:
    with Path(__file__).with_name("synonyms.csv").open(encoding="utf-8", newline="") as lines:
        return {
            name_key(row["printed_name"]): name_key(row["inci_name"])
            for row in csv.DictReader(lines)
        }


SYNONYMS: Mapping[str, str] = _file()
WORDS: Mapping[str, str] = _pairs(_WORDS, "")
PLANTS: Mapping[str, str] = _pairs(_PLANTS, "|")
PLANT_WORDS_MAX = max(len(name.split()) for name in PLANTS)
EQUALS: Mapping[str, str] = {
    name.strip(): names.split("|")[0].strip()
    for names in filter(None, _EQUALS.splitlines())
    for name in names.split("|")
}
