import type { AisleWords } from '../aisle-finder';
import { AISLE_NAMES } from './names';

/** Where German names of groceries are in a shop. */
export const AISLE_WORDS: AisleWords = {
  formsOf: (word) => [word, word.replace(/(?<=....)[ens]$/, ''), word.replace(/(?<=....)en$/, '')],
  minSuffix: 4,
  wholeWords:
    'amerikaner batterien berliner binden blume blumen brause brei bürste chips creme eier ente enten hack helles hörnchen kohl kohle korn lampe lappen lauch lende most nuss nüsse pflaster rahm reis riegel rind sauger schnecke schwein spülung stift streu stärke stuten tabs teilchen tempo tempos tomate topfen verband watte wild windel windeln zopf mars salbe kloß pflanze',
  ends: 'für mit ohne von vom aus zum zur in im am auf als oder und falls wenn',
  qualifiers:
    'bio frisch frische frischer frisches groß große klein kleine mini light fettarm fettarme laktosefrei laktosefreie vegan vegane natur gesalzen ungesalzen geschnitten gerieben reif reife mild milder neu neue packung pack dose dosen glas tüte beutel flasche bitte mehr extra regional l ml cl g kg stück stk x',
  names: AISLE_NAMES.de,
  aisles: {
    produce: {
      words:
        'ananas,apfel,äpfel,aprikose,artischocke,aubergine,avocado,bärlauch,banane,basilikum,batate,beere,birne,blattsalat,blumenkohl,bohne,brokkoli,broccoli,brombeere,brunnenkresse,champignon,cherrytomate,strauchtomate,rispentomate,cocktailtomate,fleischtomate,kirschtomate,datteltomate,eiertomate,chicorée,chicoree,chili,chilischote,chinakohl,clementine,cranberry,dattel,dill,drachenfrucht,edamame,eisbergsalat,endivie,erdbeere,esskastanie,estragon,feige,feldsalat,fenchel,frühlingszwiebel,gartenkresse,gemüse,granatapfel,granatäpfel,grapefruit,grünkohl,gurke,heidelbeere,himbeere,ingwer,johannisbeere,kaki,karotte,kartoffel,kirsche,kiwi,knoblauch,kohl,kohlrabi,spitzkohl,wirsingkohl,kokosnuss,kokosnüsse,kopfsalat,koriander,kräuter,kresse,kürbis,lauch,lauchzwiebel,limette,litschi,mais kolben,maiskolben,majoran,mandarine,mango,mangold,maracuja,marone,melone,minze,mirabelle,möhre,mohrrübe,mohrrüben,nektarine,obst,okra,orange,pak choi,papaya,paprika,paprikaschote,passionsfrucht,pastinake,peperoni,petersilie,pfefferminze,pfirsich,pfifferling,pflaume,pilz,pomelo,porree,preiselbeere,quitte,radieschen,rettich,rhabarber,romana,rosenkohl,rote bete,rote beete,rotkohl,rucola,rübe,salat,salatgurke,salatherz,schalotte,schnittlauch,sellerie,spargel,spinat,sprosse,stachelbeere,steckrübe,süßkartoffel,suppengrün,suppengemüse,tomate,topinambur,traube,trauben,wassermelone,weintraube,weißkohl,wirsing,zitrone,zitronengras,zucchini,zuckererbse,zuckerschote,zwetschge,zwiebel,mandarinen,babyspinat',
      aliases:
        'obst,gemüse,obst und gemüse,obst & gemüse,gemüse & obst,gemüse und obst,früchte,frisches',
    },
    bakery: {
      words:
        'amerikaner,aufbackbrötchen,backwaren,bagel,baguette,baguettebrötchen,berliner,brezel,breze,brioche,brot,brötchen,burgerbrötchen,ciabatta,croissant,donut,eierschecke,fladenbrot,focaccia,gebäck,hefezopf,hörnchen,hotdogbrötchen,kastenbrot,krapfen,kuchen,laugenbrezel,laugenstange,muffin,naan,pfannkuchen,pita,plunder,quarkbällchen,rosinenbrötchen,schnecke,schrippe,semmel,stollen,stuten,teilchen,toast,toastbrot,toasties,torte,tortilla,waffel,weckle,wrap,zimtschnecke,zopf,zwieback,sandwich',
      aliases: 'brot,backwaren,bäcker,bäckerei,brot und backwaren,brot & brötchen,backshop',
    },
    dairy: {
      words:
        'bergkäse,brie,buttermilch,butter,butterkäse,camembert,cheddar,creme fraiche,crème fraîche,crème fraiche,creme double,ei,eier,hühnereier,freilandeier,bioeier,emmentaler,feta,frischkäse,gouda,grana padano,griechischer joghurt,halloumi,hafermilch,haferdrink,harzer,hirtenkäse,hüttenkäse,joghurt,jogurt,käse,käsescheibe,kefir,körniger frischkäse,mandelmilch,mandeldrink,margarine,mascarpone,milch,molke,mozzarella,obazda,parmesan,pecorino,pudding,quark,raclette,reibekäse,ricotta,sahne,sauerrahm,rahm,saure sahne,schafskäse,scheibenkäse,schlagsahne,schlagrahm,schmand,schmelzkäse,skyr,sojadrink,sojamilch,sprühsahne,streukäse,topfen,trinkjoghurt,kochsahne,ziegenkäse,tilsiter',
      aliases:
        'milchprodukte,milch,käse,milch und käse,milch & käse,molkereiprodukte,mopro,kühlregal,kühltheke,eier,milch & eier,kühl,milchprodukte und eier,kühlung',
    },
    meat: {
      words:
        'aufschnitt,bacon,bierschinken,bockwurst,braten,bratwurst,brühwurst,bündnerfleisch,burgerpatty,cabanossi,cevapcici,chorizo,ente,filet,fisch,fischfilet,fleisch,fleischwurst,forelle,frikadelle,gans,garnele,geflügel,gehacktes,gelbwurst,gulasch,gyros,hack,hackbällchen,hackfleisch,hähnchen,hähnchenbrust,hähnchenschenkel,hering,huhn,hühnchen,jagdwurst,kabeljau,kalb,kaninchen,kassler,kasseler,kotelett,krabbe,lachs,lachsschinken,lamm,leber,leberkäse,leberwurst,lende,lyoner,makrele,matjes,mett,mettwurst,mettenden,miesmuschel,mortadella,muschel,nürnberger,pangasius,parmaschinken,pute,putenbrust,räucherlachs,rinderhack,rind,rippchen,rostbratwurst,rotbarsch,roulade,salami,sardellenfilet,schaschlik,schinken,schinkenwürfel,schnitzel,scholle,schwein,seelachs,serrano,serranoschinken,shrimps,speck,steak,suppenfleisch,suppenhuhn,teewurst,tintenfisch,truthahn,weißwurst,wiener,wienerle,wild,würstchen,würste,bratwürste,wurst,zander',
      aliases:
        'fleisch,fisch,wurst,fleisch und wurst,fleisch & wurst,fleisch und fisch,metzger,metzgerei,fleischtheke,wursttheke,fischtheke,fleisch & fisch',
    },
    deli: {
      words:
        'antipasti,aufstrich,dip,eiersalat,falafel,fertiggericht,feinkost,fleischsalat,frische pasta,gnocchi,guacamole,hummus,kartoffelsalat,krautsalat,kräuterquark,lasagne,maultasche,nudelsalat,oliven,olive,pizza,pizzateig,quiche,blätterteig,ravioli,schupfnudel,seitan,spätzle,sushi,tempeh,tofu,tortellini,tzatziki,zaziki,veggieburger,wurstsalat,räuchertofu,kartoffelpuffer,flammkuchen,flammkuchenteig,mürbeteig,geflügelsalat,farmersalat,knödel,kloß,klöße,semmelknödel,kartoffelklöße,kloßteig',
      aliases:
        'feinkost,fertiggerichte,convenience,feinkost & fertiggerichte,antipasti,frischetheke',
    },
    frozen: {
      words:
        'backofenpommes,chicken nuggets,crushed ice,eis,eiscreme,eiswürfel,erbse,fischstäbchen,hamburger patty,kroketten,krokette,magnum,nuggets,pommes,pommes frites,kartoffelecken,rahmspinat,schlemmerfilet,sorbet,speiseeis,tiefkühlkost,vanilleeis,wassereis,schokoeis,eis am stiel,tiefkühlpizza,blattspinat,wedges,röstis,rösti',
      aliases: 'tiefkühl,tk,tiefkühlkost,tiefgekühlt,gefriertruhe,tiefkühlware,tk-ware,eis',
    },
    pantry: {
      words:
        'ajvar,apfelmus,apfelrotkohl,backerbsen,baked beans,basmati,basmatireis,bulgur,couscous,dosentomate,essiggurke,farfalle,fusilli,gewürzgurke,glasnudel,gnocchetti,grieß,hartweizengrieß,hirse,kapern,kartoffelpüree,kartoffelbrei,kichererbse,kidneybohne,kokosmilch,konserve,lasagneblatt,lasagneplatten,linguine,linse,linsen,makkaroni,mais,maiskölbchen,miesmuscheln im glas,mie nudeln,jasminreis,langkornreis,milchreis,nudel,nudeln,passata,passierte tomaten,gehackte tomaten,stückige tomaten,penne,pasta,pesto nudeln,perlgraupen,graupen,pfefferbeißer,pilze im glas,polenta,quinoa,reis,sushireis,wildreis,vollkornreis,reisnudel,rigatoni,risotto,risottoreis,rotkraut,sardinen,sardine,sauerkraut,schältomate,spaghetti,suppe,suppennudel,tacos,taco,tagliatelle,thunfisch,tomatenmark,tütensuppe,weiße bohnen,würstchen im glas,silberzwiebel,cornichon,maronen im glas,pfirsiche in der dose,ananas in der dose,fertigsuppe,instantnudeln',
      aliases:
        'nudeln,reis,nudeln und reis,nudeln & reis,konserven,dosen,vorrat,vorräte,trockenwaren,vorratsschrank,beilagen,teigwaren,nährmittel',
    },
    seasoning: {
      words:
        'balsamico,balsamicoessig,bratensoße,brühe,brühwürfel,cayennepfeffer,chilipulver,chiliflocken,chutney,currypulver,curry,currypaste,dressing,essig,fischsoße,gemüsebrühe,gewürz,gewürze,grillsoße,barbecuesoße,bbq soße,harissa,hühnerbrühe,kardamom,ketchup,knoblauchpulver,kokosöl,kräuter der provence,kräutersalz,kreuzkümmel,kümmel,kurkuma,lorbeer,lorbeerblatt,maggi,mayo,mayonnaise,majo,meerrettich,meersalz,muskat,muskatnuss,nelken,öl,olivenöl,oregano,paprikapulver,pesto,pfeffer,pfefferkörner,piment,rapsöl,remoulade,rosmarin,safran,salatdressing,salbei,salz,sambal oelek,sauce,senf,sesamöl,sojasauce,soße,sonnenblumenöl,speiseöl,thymian,tabasco,tahin,tahini,tomatensoße,tomatensauce,nudelsoße,würze,worcestersauce,wasabi,zimt,sternanis,bratöl,sojasoße,salatkräuter,leinöl,walnussöl,erdnussöl,sweet chili',
      aliases:
        'öl,gewürze,soßen,saucen,essig & öl,öl und essig,gewürze und soßen,öle,würzmittel,gewürze & soßen',
    },
    baking: {
      words:
        'agar agar,backaroma,backmischung,backoblaten,backpulver,bittermandelaroma,dinkelmehl,gelatine,gelierzucker,götterspeise,haferkleie,hefe,kakao,backkakao,kakaopulver,kandiszucker,kokosraspel,kondensmilch,kuvertüre,lebensmittelfarbe,mandelblättchen,marzipan,mehl,mohn,natron,orangeat,paniermehl,semmelbrösel,puddingpulver,puderzucker,rohrzucker,rosine,sahnesteif,schokostreusel,schokotropfen,speisestärke,maisstärke,kartoffelstärke,stärke,stevia,streusel,süßstoff,trockenhefe,trockenobst,vanille,vanillezucker,vanilleextrakt,vanilleschote,vanillinzucker,weizenmehl,xylit,zitronat,zucker,zuckerguss,tortenguss,tortenboden,gemahlene mandeln,gehackte mandeln,gemahlene haselnüsse,sultanine,birkenzucker,milchpulver',
      aliases: 'backen,backzutaten,backwaren & zutaten,mehl,zucker,backartikel,mehl & zucker',
    },
    breakfast: {
      words:
        'agavendicksaft,ahornsirup,brotaufstrich,cerealien,cornflakes,erdnussbutter,erdnussmus,flakes,frühstücksflocken,gelee,granola,haferflocken,honig,knäckebrot,knuspermüsli,konfitüre,mandelmus,marmelade,müsli,nougatcreme,nussnougatcreme,nuss nougat creme,nutella,nusspli,haselnusscreme,pflaumenmus,porridge,reiswaffel,maiswaffel,schokocreme,schokoladencreme,smacks,haferbrei,rübenkraut,zuckerrübensirup,leinsamen,chiasamen,weizenkleie',
      aliases:
        'frühstück,aufstriche,müsli,marmelade,frühstück & aufstriche,brotaufstriche,cerealien,müsli & cerealien',
    },
    sweets: {
      words:
        'bonbon,cashew,cashewkern,chips,cookie,cracker,dominosteine,erdnuss,erdnussflips,flips,fruchtgummi,gummibärchen,haribo,haselnuss,haselnüsse,kaugummi,keks,knabberei,knabberzeug,kürbiskern,lakritz,lebkuchen,lutscher,mandel,marshmallow,müsliriegel,fruchtriegel,eiweißriegel,nussriegel,nuss,nüsse,nussmischung,paranuss,paranüsse,pekannuss,pinienkern,pistazie,popcorn,kartoffelchips,gemüsechips,bananenchips,linsenchips,praline,proteinriegel,riegel,salzbrezeln,salzstange,salzstangen,schaumkuss,schoki,schokolade,schokoriegel,schokobons,sesam,snack,sonnenblumenkern,spekulatius,studentenfutter,süßes,süßigkeit,tortilla chips,nachos,twix,snickers,mars riegel,walnüsse,cashewnuss,cashewnüsse,macadamia,macadamianuss,macadamianüsse,erdnüsse,überraschungsei,waffelröllchen,walnuss,zartbitterschokolade,milka,oreo,butterkeks,plätzchen,knusperflakes,schokolade vollmilch,osterhase,schokohase,russisch brot,katzenzungen,vollmilchschokolade',
      aliases:
        'süßigkeiten,süßes,knabbereien,snacks,süßwaren,naschen,süßes und knabbereien,schokolade,knabberzeug,süß & salzig',
    },
    hotdrinks: {
      words:
        'bohnenkaffee,cappuccino,cappuccinopulver,earl grey,eistee pulver,espresso,espressobohnen,filterkaffee,früchtetee,grüner tee,grüntee,ingwertee,instantkaffee,kaba,kaffee,kaffeebohne,kaffeefilter,kaffeekapsel,kaffeepads,kaffeepulver,kaffeesahne,kamillentee,kräutertee,kakao trinkpulver,trinkschokolade,malzkaffee,matcha,nescafé,nesquik,pfefferminztee,fencheltee,rooibostee,rooibos,schwarzer tee,schwarztee,tee,teebeutel,löskaffee,senseo pads,kaffeeweißer,filtertüte',
      aliases: 'kaffee,tee,kaffee und tee,heißgetränke,kaffee & tee',
    },
    drinks: {
      words:
        'ananassaft,apfelsaft,apfelschorle,bitter lemon,cola,eistee,eiskaffee,energydrink,fanta,fassbrause,ginger ale,getränk,kirschsaft,johannisbeersaft,karottensaft,kokoswasser,kombucha,leitungswasser,limo,limonade,malzbier,mineralwasser,mezzo mix,mezzomix,multivitaminsaft,orangensaft,säfte,saftschorle,o saft,osaft,pepsi,red bull,saft,schorle,selters,sirup,smoothie,spezi,sprite,sprudel,stilles wasser,tomatensaft,tonic,tonic water,traubensaft,wasser,zitronensaft,limettensaft,holundersirup,club mate,alkoholfreie getränke,kakaodrink,brause,direktsaft',
      aliases:
        'getränke,wasser,softdrinks,säfte,saft,getränkemarkt,alkoholfreie getränke,wasser & saft',
    },
    alcohol: {
      words:
        'alkoholfreies bier,alster,aperol,bier,cidre,champagner,cognac,cremant,doppelkorn,eierlikör,federweißer,gin,glühwein,grappa,hefeweizen,helles,korn,likör,limoncello,martini,obstler,obstbrand,pils,portwein,prosecco,radler,riesling,rotwein,rosé,roséwein,rum,schnaps,sekt,sherry,spirituosen,tequila,vermouth,weinbrand,weißbier,weizenbier,weißwein,wein,weinschorle,whisky,whiskey,wodka,wermut,jägermeister,campari,ouzo,apfelwein,most,kölsch',
      aliases: 'alkohol,bier,wein,spirituosen,bier und wein,bier & wein,wein & spirituosen',
    },
    household: {
      words:
        'abflussreiniger,abfallbeutel,alufolie,allzweckreiniger,allzwecktücher,backpapier,badreiniger,batterie,batterien,bleistift,blume,blumen,blumenerde,blumenstrauß,briefmarke,briefumschlag,brotpapier,butterbrotpapier,colorwaschmittel,einmachglas,einmachgläser,entkalker,essigessenz,essigreiniger,feinwaschmittel,fensterreiniger,feuerzeug,filtertüten,fleckenentferner,frischhaltefolie,frischhaltebeutel,gefrierbeutel,geschenkband,geschenkpapier,geschirrspültabs,geschirrspülmittel,glasreiniger,glühbirne,grillanzünder,grillkohle,gummihandschuh,haushaltspapier,haushaltstücher,holzkohle,insektenspray,kerze,kleber,klebeband,klarspüler,klopapier,kloreiniger,klosteine,klostein,kompostbeutel,kugelschreiber,küchenpapier,küchenrolle,küchentücher,kühlakku,lappen,lampe,led lampe,leuchtmittel,luftpolsterumschlag,lufterfrischer,mikrofasertuch,mottenpapier,müllbeutel,müllsack,müllsäcke,öko waschmittel,papiertuch,papierhandtuch,pappbecher,pappteller,pattex,putzlappen,putzmittel,putzschwamm,putztuch,raumspray,reiniger,reinigungsmittel,rohrreiniger,scheuermilch,schwamm,schwammtuch,serviette,spülbürste,klobürste,schnittblumen,bügelwasser,destilliertes wasser,schuhcreme,gummihandschuhe,spüli,spülmaschinensalz,spülmaschinentabs,spülmittel,spülschwamm,spülmaschinenreiniger,staubsaugerbeutel,streichholz,streichhölzer,strohhalm,stift,tabs,teelicht,tesa,tesafilm,tixo,toilettenpapier,toilettenreiniger,topfreiniger,trinkhalm,trockentücher,vollwaschmittel,waschmittel,waschpulver,waschmaschinenreiniger,wattestäbchenhalter,wc reiniger,wc ente,wc stein,weichspüler,wischtuch,zahnstocher,zewa,zip beutel,zipbeutel,zündholz,pflanze,küchenkrepp,entkalkungstabs,imprägnierspray,wäscheklammer,wäscheparfüm',
      aliases:
        'haushalt,reinigung,putzmittel,haushaltswaren,putzen,waschmittel,reinigungsmittel,haushalt & reinigung,papierwaren,wasch- und putzmittel',
    },
    care: {
      words:
        'abschminktücher,aftershave,aspirin,augentropfen,binden,damenbinden,slipeinlage,bodylotion,bürste,damenbinde,deo,deodorant,desinfektionsmittel,duschgel,duschbad,feuchtigkeitscreme,feuchttücher,feuchtes toilettenpapier,gesichtscreme,gesichtswasser,gesichtsmaske,haarbürste,haarfarbe,haargel,haargummi,haarkur,haarspray,haarwachs,halsbonbons,halstabletten,handcreme,tagescreme,nachtcreme,wundcreme,augencreme,hautcreme,körpercreme,rasiercreme,heftpflaster,wundpflaster,handseife,hustensaft,hustenbonbons,ibuprofen,kondom,kondome,kontaktlinsen,kontaktlinse,hustensirup,hustensäfteflüssigkeit,kosmetik,kosmetiktücher,labello,lippenbalsam,lippenpflege,lippenstift,makeup,mascara,mizellenwasser,mückenspray,mundspülung,mundwasser,nagelfeile,nagellack,nagellackentferner,nagelschere,nasenspray,ohrstöpsel,ohropax,paracetamol,parfum,parfüm,pflaster,pflegespülung,spülung,rasierer,rasiergel,rasierklinge,rasierschaum,rasierwasser,schmerztabletten,seife,shampoo,sonnencreme,sonnenmilch,sonnenschutz,sonnenspray,tampon,taschentuch,taschentücher,tempos,tempo,thermacare,vaseline,verband,vitamin,vitamine,vitamin c,vitamin d,watte,wattepads,wattestäbchen,wimperntusche,wundsalbe,zahnbürste,zahncreme,zahnpasta,zahnseide,zahnpflegekaugummi,nivea,salbe,creme,magnesium,badesalz,badeschaum,körperlotion,flüssigseife,hygieneartikel,fieberthermometer,handdesinfektion,medikament,medikamente,fußcreme,einwegrasierer,hustensäfte',
      aliases:
        'drogerie,gesundheit,körperpflege,hygiene,kosmetik,apotheke,pflege,drogerieartikel,bad,dm,rossmann',
    },
    baby: {
      words:
        'anfangsmilch,babybrei,babygläschen,babynahrung,babyöl,babypuder,babytücher,brei,folgemilch,gläschen,lätzchen,milchpulver pre,pampers,pre milch,premilch,schnuller,windel,windeln,schwimmwindeln,stoffwindeln,quetschie,quetschies,stilleinlage,stilleinlagen,stilltee,wundschutzcreme,sauger',
      aliases: 'baby,babys,kinder,babybedarf,kind,baby & kind',
    },
    pets: {
      words:
        'hundefutter,hundesnack,hundeknochen,hundespielzeug,hundeshampoo,hundeleine,hundekotbeutel,hundeleckerli,heu,katzenfutter,katzenstreu,katzensnack,katzenklo,leckerli,kaninchenfutter,nassfutter,streu,tierfutter,tiernahrung,trockenfutter,vogelfutter,vogelsand,meisenknödel,fischfutter,kauknochen,hamsterfutter,futter',
      aliases: 'tier,tiere,tierbedarf,haustier,haustiere,tierfutter,katze,hund,tiernahrung',
    },
  },
  prefixes: {
    frozen: 'tk tiefkühl tiefgekühlte tiefgekühlter gefrorene gefrorener',
    pantry: 'dosen getrocknete',
    baby: 'baby',
    pets: 'hunde katzen hamster',
  },
  containers: 'dose dosen konserve konserven',
};
