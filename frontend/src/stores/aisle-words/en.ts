import type { AisleWords } from '../aisle-finder';
import { AISLE_NAMES } from './names';

/** Where English names of groceries are in a shop. */
export const AISLE_WORDS: AisleWords = {
  formsOf: (word) => [
    word,
    word.replace(/s$/, ''),
    word.replace(/(?<=ch|sh|ss|x|z|o)es$/, ''),
    word.replace(/ies$/, 'y'),
  ],
  minSuffix: Infinity,
  wholeWords: '',
  ends: 'for with without in from on at as or and to if not',
  qualifiers:
    'organic bio fresh large small big medium mini free range low fat light semi skimmed unsalted salted sliced grated chopped plain ripe reduced extra value own brand pack packet each please new more l ml cl g kg lb oz pt x',
  names: AISLE_NAMES.en,
  aisles: {
    produce: {
      words:
        'apple,apricot,artichoke,asparagus,aubergine,avocado,baby corn,baby spinach,banana,basil,bay leaf,bean sprouts,beetroot,bell pepper,berry,blackberry,blueberry,bok choy,broad bean,broccoli,brussels sprout,butternut squash,cabbage,cantaloupe,carrot,cauliflower,celeriac,celery,chard,cherry,cherry tomato,chestnut,chicory,chilli,chili,chive,cilantro,clementine,collard,coriander,corn on the cob,courgette,cranberry,cress,cucumber,currant,date,dill,dragon fruit,edamame,eggplant,elderflower,endive,fennel,fig,french bean,fresh herb,fruit,fruit salad,garlic,ginger,gooseberry,grape,grapefruit,green bean,green onion,herb,honeydew melon,jalapeno,kale,kiwi,kiwi fruit,kohlrabi,leek,lemon,lemongrass,lettuce,lime,lychee,mandarin,mange tout,mango,melon,mint,mushroom,mustard cress,nectarine,okra,onion,orange,oregano plant,pak choi,papaya,parsley,parsnip,passion fruit,peach,pear,peppers,persimmon,pineapple,plantain,plum,pomegranate,potato,pumpkin,radish,raspberry,red cabbage,red onion,rhubarb,rocket,romaine,rosemary plant,runner bean,salad,salad leaves,satsuma,scallion,shallot,spinach,spring green,spring onion,sprout,squash,strawberry,sugar snap,sugar snap pea,swede,sweet potato,sweetcorn,swiss chard,tangerine,thyme plant,tomato,turnip,veg,vegetable,veggie,watercress,watermelon,yam,zucchini',
      aliases:
        'fruit,vegetables,veg,veggies,fruit and veg,fruit and vegetables,fruit & veg,produce',
    },
    bakery: {
      words:
        'bagel,baguette,bap,bread,bread roll,bread stick,brioche,brownie,bun,burger bun,cake,cheesecake,chapati,ciabatta,cinnamon roll,croissant,crumpet,cupcake,danish,danish pastry,doughnut,donut,flatbread,focaccia,french stick,fruit loaf,garlic bread,hot cross bun,hot dog bun,loaf,loaves,malt loaf,muffin,naan,naan bread,pancake,pastry,pie,pitta,pitta bread,pita,pretzel,roll,rye bread,sandwich,scone,sourdough,sponge cake,tart,tea cake,toast,tortilla,tortilla wrap,waffle,wrap',
      aliases: 'bread,bakery,breads,baker',
    },
    dairy: {
      words:
        'almond milk,brie,burrata,butter,buttermilk,camembert,cheddar,cheese,cheese slice,clotted cream,cottage cheese,cream,cream cheese,creme fraiche,crème fraîche,curd,custard,double cream,edam,egg,emmental,feta,ghee,goat cheese,gorgonzola,gouda,greek yoghurt,greek yogurt,gruyere,half and half,halloumi,kefir,lactose free milk,margarine,mascarpone,milk,milkshake,mozzarella,oat milk,parmesan,parmigiano,plant milk,pecorino,quark,ricotta,single cream,skyr,sour cream,soured cream,soy milk,soya milk,spread,spreadable,squirty cream,stilton,whipped cream,whipping cream,yoghurt,yogurt,yoghurt drink',
      aliases:
        'dairy,dairy and eggs,dairy & eggs,milk,milk and eggs,milk & dairy,cheese,chilled,fridge,refrigerated,eggs',
    },
    meat: {
      words:
        'anchovy fillet,bacon,beef,beef joint,beef mince,black pudding,burger,burger patty,chicken,chicken breast,chicken leg,chicken thigh,chicken wing,chop,chorizo,cod,cold cut,cold meat,crab,duck,fillet,fish,frankfurter,gammon,goose,ground beef,haddock,halibut,ham,hamburger,herring,hot dog,kebab,kipper,lamb,lamb chop,liver,lobster,mackerel,meat,meatball,mince,minced beef,minced meat,monkfish,mortadella,mussel,octopus,oyster,pancetta,pastrami,pepperoni,plaice,pork,pork belly,pork chop,poultry,prawn,prosciutto,pulled pork,rabbit,rib,roast,roast beef,salami,salmon,sardine fillet,sausage,scallop,sea bass,shrimp,smoked salmon,sole,squid,steak,stewing beef,trout,tuna steak,turkey,veal,venison',
      aliases: 'meat,fish,meat and fish,meat & fish,butcher,butchers,fishmonger,seafood,poultry',
    },
    deli: {
      words:
        'antipasti,coleslaw,curry ready meal,dip,dumpling,falafel,fresh pasta,fresh soup,gnocchi,guacamole,houmous,hummus,lasagne,lasagna,meal deal,meat free mince,olive,pasta salad,pate,pâté,pizza,pork pie,potato salad,quiche,quorn,ravioli,ready meal,salsa dip,sausage roll,scotch egg,seitan,spring roll,stuffed pasta,sushi,tempeh,tofu,tortellini,tzatziki,vegan burger,vegan mince,vegan sausage,veggie burger,veggie sausage',
      aliases: 'deli,delicatessen,ready meals,deli & ready meals,convenience',
    },
    frozen: {
      words:
        'chicken nugget,fish cake,fish finger,fish stick,french fry,hash brown,ice,ice cream,ice cube,ice lolly,lolly,nugget,onion ring,oven chip,pea,popsicle,potato waffle,puff pastry,shortcrust pastry,sorbet,wedge',
      aliases: 'frozen,frozen food,frozen foods,freezer',
    },
    pantry: {
      words:
        'anchovy,baked bean,basmati,basmati rice,bean,black bean,bulgur,butter bean,cannellini bean,chickpea,chopped tomato,coconut milk,coconut cream,couscous,cup a soup,gherkin,kidney bean,lentil,macaroni,maize,noodle,orzo,passata,pasta,penne,pickle,pickled onion,pinto bean,plum tomato,polenta,pot noodle,pulses,quinoa,ramen,refried bean,rice,rice noodle,risotto,risotto rice,sardine,sauerkraut,soup,spaghetti,sun dried tomato,tagliatelle,taco shell,tinned tomato,tomato paste,tomato puree,tuna,fusilli,linguine',
      aliases:
        'pasta,rice,pasta and rice,pantry,tins,cans,canned goods,canned food,tinned food,dry goods,grains,larder,cupboard',
    },
    seasoning: {
      words:
        'allspice,aromat,balsamic,balsamic vinegar,barbecue sauce,bay leaves,bbq sauce,black pepper,bouillon,bouillon cube,brown sauce,caper,cardamom,cayenne,chili flake,chili powder,chilli flake,chilli powder,chutney,cinnamon,clove,condiment,coriander seed,cumin,curry,curry paste,curry powder,dressing,fish sauce,garam masala,garlic powder,gravy,gravy granules,ground ginger,herbes de provence,horseradish,hot sauce,ketchup,mayo,mayonnaise,mixed herbs,mustard,nutmeg,oil,olive oil,onion powder,oregano,paprika,pepper,peppercorn,pesto,pasta sauce,relish,rosemary,saffron,sage,salad dressing,salsa,salt,sauce,sea salt,seasoning,sesame oil,soy sauce,spice,sriracha,star anise,stock,stock cube,sunflower oil,sweet chilli sauce,tabasco,tahini,thyme,tomato ketchup,tomato sauce,turmeric,vegetable oil,vinegar,wasabi,worcestershire sauce,rapeseed oil,canola oil,taco seasoning,broth',
      aliases:
        'oil,spices,sauces,condiments,herbs and spices,oils,spices and sauces,seasoning,seasonings',
    },
    baking: {
      words:
        'almond extract,baking powder,baking soda,bicarbonate of soda,breadcrumb,brown sugar,cake decoration,cake mix,candied peel,caster sugar,chocolate chip,cocoa,cocoa powder,cocoa butter,condensed milk,cornflour,cornstarch,corn syrup,cream of tartar,custard powder,demerara,desiccated coconut,dried fruit,evaporated milk,flour,food colouring,food coloring,gelatine,gelatin,glace cherry,golden syrup,granulated sugar,ground almond,icing,icing sugar,jelly,marzipan,molasses,muffin mix,pancake mix,plain flour,powdered sugar,raisin,rice flour,self raising flour,sprinkles,stevia,sugar,sultana,suet,sweetener,treacle,vanilla,vanilla essence,vanilla extract,yeast,milk powder',
      aliases: 'baking,baking goods,baking supplies,home baking,flour,sugar',
    },
    breakfast: {
      words:
        'agave syrup,almond butter,bran flake,cereal,cheerios,corn flake,cornflake,crispbread,fruit spread,granola,honey,jam,lemon curd,maple syrup,marmalade,marmite,muesli,nutella,oat,oatmeal,peanut butter,porridge,porridge oats,rice cake,rice krispies,shreddies,vegemite,weetabix,chocolate spread',
      aliases: 'breakfast,cereal,cereals,spreads,jam,jams and spreads,breakfast cereals',
    },
    sweets: {
      words:
        'almond,biscuit,brazil nut,candy,caramel,cashew,cereal bar,cheese puff,chewing gum,chip,chocolate,chocolate bar,chocolate egg,cookie,cracker,crisp,dark chocolate,digestive,fudge,granola bar,gum,gummy bear,haribo,hazelnut,kitkat,lollipop,macadamia,mars bar,marshmallow,milk chocolate,mixed nuts,muesli bar,nacho,nut,oat cake,oatcake,peanut,pecan,pine nut,pistachio,popcorn,pork scratchings,potato chip,praline,prawn crackers,protein bar,pumpkin seed,rice cracker,seaweed snack,seeds,sesame seed,shortbread,snack,sunflower seed,sweet,sweets,toffee,tortilla chip,trail mix,twix,wafer,walnut,chia seed,flax seed,linseed',
      aliases:
        'sweets,snacks,candy,confectionery,chocolate,sweets and snacks,crisps,snacks and sweets,biscuits',
    },
    hotdrinks: {
      words:
        'black tea,chai,camomile tea,chamomile tea,coffee,coffee bean,coffee capsule,coffee filter,coffee pad,coffee pod,decaf,earl grey,espresso,filter coffee,fruit tea,green tea,ground coffee,herbal tea,hot chocolate,instant coffee,latte,matcha,nescafe,ovaltine,peppermint tea,rooibos,tea,tea bag,teabag',
      aliases: 'coffee,tea,coffee and tea,tea and coffee,hot drinks',
    },
    drinks: {
      words:
        'apple juice,cherry juice,coconut water,coke,cola,cordial,cranberry juice,diet coke,drink,energy drink,fanta,fizzy drink,fizzy water,ginger ale,ginger beer,grape juice,ice tea,iced tea,juice,kombucha,lemon juice,lemonade,lime juice,mineral water,mixer,multivitamin juice,orange juice,orange squash,pepsi,red bull,sevenup,smoothie,soda,soda water,soft drink,sparkling water,sprite,still water,syrup,tomato juice,tonic,tonic water,water,water bottle,fruit juice',
      aliases: 'drinks,beverages,soft drinks,drinks and juices,water,juice,juices',
    },
    alcohol: {
      words:
        'ale,alcohol free beer,amaretto,aperol,beer,bourbon,brandy,cava,champagne,cider,cognac,gin,guinness,ipa,lager,limoncello,liqueur,martini,port,prosecco,red wine,rose wine,rum,schnapps,sherry,sparkling wine,spirits,stout,tequila,vermouth,vodka,whiskey,whisky,white wine,wine',
      aliases: 'alcohol,beer,wine,spirits,beer and wine,liquor,beers wines and spirits',
    },
    household: {
      words:
        'air freshener,aluminium foil,aluminum foil,antibacterial spray,baking paper,battery,bin bag,bin liner,birthday card,bleach,bulb,candle,cellophane,clingfilm,cling film,cleaner,cleaning cloth,cleaning spray,cloth,clothes peg,detergent,dish cloth,dish soap,dishwasher cleaner,dishwasher salt,dishwasher tablet,drain cleaner,duster,envelope,fabric conditioner,fabric softener,firelighter,flower,floor cleaner,foil,food bag,freezer bag,furniture polish,garbage bag,gift wrap,glass cleaner,glue,greaseproof paper,insect spray,ironing water,kitchen foil,kitchen paper,kitchen roll,kitchen towel,kitchen towels,laundry detergent,laundry liquid,laundry pod,light bulb,lighter,limescale remover,matches,mop,napkin,oven cleaner,paper cup,paper napkin,paper plate,paper towel,parchment paper,pen,plaster of paris,plastic bag,plastic wrap,pot plant,rinse aid,rubber gloves,sandwich bag,scourer,scouring pad,sponge,stain remover,stamp,sticky tape,straw,tape,tea light,tea towel,tin foil,tissue,tissues,toilet cleaner,toilet paper,toilet roll,toothpick,trash bag,vacuum bag,washing liquid,washing powder,washing up liquid,white vinegar spray,wrapping paper,zip bag,ziploc bag,loo roll,stain spray,descaler',
      aliases:
        'household,cleaning,cleaning products,cleaning supplies,laundry,paper goods,home,house,household goods,cleaning & household',
    },
    care: {
      words:
        'aftershave,antiseptic,aspirin,bandage,band aid,bath salts,body lotion,body wash,bubble bath,comb,condom,conditioner,contact lens solution,cotton bud,cotton pad,cotton wool,cough syrup,deodorant,deo,dental floss,ear plug,eye drops,face cream,face mask,face wash,facial tissue,first aid kit,floss,foot cream,hair brush,hair colour,hair dye,hair gel,hair spray,hairspray,hand cream,hand sanitiser,hand sanitizer,hand soap,hand wash,ibuprofen,insect repellent,lip balm,lipstick,lotion,make up,makeup,make up remover,mascara,micellar water,moisturiser,moisturizer,mouthwash,multivitamin,nail file,nail polish,nail polish remover,nasal spray,painkiller,panty liner,paracetamol,perfume,pill,plaster,q tip,razor,razor blade,sanitary pad,sanitary towel,shampoo,shaving cream,shaving foam,shaving gel,shower gel,soap,sun cream,suncream,sunscreen,tampon,throat lozenge,toothbrush,toothpaste,vaseline,vitamin,vitamins,vitamin c,vitamin d,wet wipe,wet wipes',
      aliases:
        'health,beauty,health and beauty,health & beauty,toiletries,personal care,hygiene,pharmacy,drugstore,cosmetics,chemist',
    },
    baby: {
      words:
        'baby cereal,baby food,baby formula,baby milk,baby oil,baby powder,baby wipe,baby wipes,bib,diaper,dummy,formula milk,infant formula,nappy,nappies,nappy bag,pacifier,wipe,wipes,nappy cream',
      aliases: 'baby,babies,baby care,baby food,kids',
    },
    pets: {
      words:
        'bird food,bird seed,canned cat food,cat food,cat litter,cat treat,dog food,dog treat,fish food,hay,kitty litter,pet food,poo bag,puppy food,kitten food,wild bird seed',
      aliases: 'pets,pet,pet food,pet care,pet supplies,animals',
    },
  },
  prefixes: {
    frozen: 'frozen',
    pantry: 'tinned canned tin can dried jarred',
    baby: 'baby',
    pets: 'dog cat pet puppy kitten hamster rabbit',
  },
  containers: 'tin tins can cans',
};
