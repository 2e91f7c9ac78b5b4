// The birds that the search finds, and how often they were seen.
import type { Bird, Found, Sightings } from '../wire.ts';

/** The best dozen of those whose name, Latin name or habitat contains `text`. */
export function find(text: string): Found {
  const wanted = text.trim().toLowerCase();
  const matches = birds
    .filter(({ name, latin, habitat }) => `${name}\n${latin}\n${habitat}`.toLowerCase().includes(wanted))
    .sort((one, other) => rank(one, wanted) - rank(other, wanted));
  return { total: matches.length, birds: matches.slice(0, 12) };
}

function rank({ name }: Bird, wanted: string): number {
  const position = name.toLowerCase().indexOf(wanted);
  return position < 0 ? Infinity : position;
}

export function birdOf(id: string): Bird | undefined {
  return birds.find((bird) => bird.id === id);
}

/** The same for the same bird: made up of its Latin name. */
export function sightingsOf({ latin }: Bird): Sightings {
  return Array.from({ length: 12 }, (_, week) => {
    const letter = latin.charCodeAt(week % latin.length);
    return Math.round(18 + 14 * Math.sin((week + letter) / 2.4) + (letter % 9));
  });
}

const table = `
Avocet | Recurvirostra avosetta | 44 | salt marsh | Sweeps its upturned bill from side to side through shallow water.
Barn owl | Tyto alba | 36 | farmland | Hears a vole under grass, and hunts by that alone.
Barn swallow | Hirundo rustica | 18 | farmland | Crosses the Sahara twice a year and finds the same barn.
Bittern | Botaurus stellaris | 75 | reedbed | Booms like somebody blowing over a bottle, kilometres away.
Black redstart | Phoenicurus ochruros | 14 | towns | Sings from roofs before dawn, with a crackle in the middle.
Blackbird | Turdus merula | 25 | gardens | Sings late, when everybody else has stopped.
Blackcap | Sylvia atricapilla | 14 | woodland | Some of them winter in British gardens, and live on feeders.
Blue tit | Cyanistes caeruleus | 12 | woodland | Feeds a brood of ten with some thousand caterpillars a day.
Bullfinch | Pyrrhula pyrrhula | 16 | woodland | Pipes so softly that it is mostly overheard.
Buzzard | Buteo buteo | 54 | farmland | Circles and mews; most large birds on posts are one.
Chaffinch | Fringilla coelebs | 15 | woodland | Has dialects: the song differs from valley to valley.
Chiffchaff | Phylloscopus collybita | 11 | woodland | Says its name, over and over, from the top of a tree.
Collared dove | Streptopelia decaocto | 32 | towns | Came from Asia across all of Europe within fifty years.
Common crane | Grus grus | 115 | marsh | Dances, and travels in families.
Common cuckoo | Cuculus canorus | 33 | heath | Lets others raise its young, and never meets them.
Common kestrel | Falco tinnunculus | 34 | farmland | Stands in the wind, its head as still as if nailed there.
Common nightingale | Luscinia megarhynchos | 16 | scrub | Has some two hundred songs, and sings them at night.
Common swift | Apus apus | 17 | towns | Eats, sleeps and mates in the air; lands to nest.
Common tern | Sterna hirundo | 35 | coast | Plunges for small fish, and defends its nest with the bill.
Crested tit | Lophophanes cristatus | 12 | conifers | Digs its own nest hole into dead wood.
Curlew | Numenius arquata | 55 | moor | Its call climbs until it bubbles over.
Dipper | Cinclus cinclus | 18 | streams | Walks under water, upstream, along the bottom.
Dunlin | Calidris alpina | 19 | mudflats | Flies in flocks that turn like one bird.
Dunnock | Prunella modularis | 14 | gardens | Looks plain; its family life is anything but.
Eagle owl | Bubo bubo | 66 | cliffs | Calls its own name, low, at dusk.
Firecrest | Regulus ignicapilla | 9 | conifers | Weighs as much as a sheet of paper.
Gannet | Morus bassanus | 93 | coast | Hits the sea at a hundred kilometres an hour.
Goldcrest | Regulus regulus | 9 | conifers | Crosses the North Sea at the weight of a coin.
Golden oriole | Oriolus oriolus | 24 | riverside woods | Is bright yellow, and still hardly ever seen.
Goldfinch | Carduelis carduelis | 13 | orchards | Picks the seeds out of thistles.
Great crested grebe | Podiceps cristatus | 48 | lakes | Carries its young on its back.
Great reed warbler | Acrocephalus arundinaceus | 19 | reedbed | Is the loudest thing in the reeds.
Great tit | Parus major | 14 | woodland | Has a different call for nearly every occasion.
Grey heron | Ardea cinerea | 94 | riverbanks | Waits. That is how it hunts.
Hawfinch | Coccothraustes coccothraustes | 18 | woodland | Cracks cherry stones with its bill.
Herring gull | Larus argentatus | 60 | coast | Drums on lawns so that worms take it for rain.
Hoopoe | Upupa epops | 27 | orchards | Raises its crest when it lands.
House martin | Delichon urbicum | 14 | towns | Builds its cup of a thousand beakfuls of mud.
House sparrow | Passer domesticus | 15 | towns | Has lived with people as long as there has been grain.
Jackdaw | Coloeus monedula | 33 | towns | Pairs for life, and shares what it finds.
Jay | Garrulus glandarius | 34 | woodland | Plants oaks by forgetting where it hid the acorns.
Kingfisher | Alcedo atthis | 16 | streams | A blue line over the water is often all one sees.
Lapwing | Vanellus vanellus | 30 | wet meadows | Tumbles out of the sky, and cries about it.
Lesser spotted woodpecker | Dryobates minor | 15 | orchards | Is no larger than a sparrow.
Linnet | Linaria cannabina | 13 | heath | Twitters from the tops of gorse.
Little egret | Egretta garzetta | 60 | wetlands | Stirs the mud with its yellow feet.
Little owl | Athene noctua | 23 | orchards | Bobs its head at whoever looks at it.
Long-tailed tit | Aegithalos caudatus | 14 | woodland | Weaves its nest of moss, lichen and the silk of spiders.
Magpie | Pica pica | 45 | towns | Recognises itself in a mirror.
Mallard | Anas platyrhynchos | 57 | lakes | Sleeps with one half of its brain at a time.
Marsh harrier | Circus aeruginosus | 52 | reedbed | Passes food to its mate in mid-air.
Marsh tit | Poecile palustris | 12 | woodland | Remembers hundreds of places where it hid a seed.
Meadow pipit | Anthus pratensis | 15 | moor | Parachutes while it sings.
Mistle thrush | Turdus viscivorus | 28 | parkland | Sings into storms.
Moorhen | Gallinula chloropus | 32 | ponds | The first brood helps to feed the second.
Nuthatch | Sitta europaea | 14 | woodland | Walks down trees, head first.
Osprey | Pandion haliaetus | 58 | lakes | Turns a fish head first before it carries it home.
Oystercatcher | Haematopus ostralegus | 43 | mudflats | Opens cockles with a hammer of a bill.
Peregrine falcon | Falco peregrinus | 46 | cliffs | The fastest of all animals, when it stoops.
Pied flycatcher | Ficedula hypoleuca | 13 | woodland | Arrives in the week in which the caterpillars hatch.
Pied wagtail | Motacilla alba | 18 | towns | Never keeps its tail still.
Puffin | Fratercula arctica | 28 | cliffs | Carries a dozen sand eels crosswise in its bill.
Raven | Corvus corax | 64 | moor | Plays: slides down snow, on its back, again and again.
Red kite | Milvus milvus | 65 | farmland | Steers with its tail, and hardly beats its wings.
Red-backed shrike | Lanius collurio | 17 | scrub | Keeps its larder on thorns.
Redshank | Tringa totanus | 28 | salt marsh | Warns everybody else on the marsh.
Reed bunting | Emberiza schoeniclus | 16 | reedbed | Its song sounds like counting to three, and giving up.
Reed warbler | Acrocephalus scirpaceus | 13 | reedbed | Slings its nest between stems, and sways with them.
Robin | Erithacus rubecula | 14 | gardens | Sings in winter, too, and by street light.
Rook | Corvus frugilegus | 45 | farmland | Nests in villages of its own, in treetops.
Sand martin | Riparia riparia | 12 | riverbanks | Digs a tunnel as long as an arm.
Savi's warbler | Locustella luscinioides | 14 | reedbed | Reels like a grasshopper.
Sedge warbler | Acrocephalus schoenobaenus | 12 | reedbed | Never sings the same phrase twice in a row.
Serin | Serinus serinus | 11 | parkland | Jingles like a bunch of small keys.
Skylark | Alauda arvensis | 18 | farmland | Sings for minutes on end while it climbs.
Snipe | Gallinago gallinago | 26 | wet meadows | Drums with its tail feathers in a dive.
Song thrush | Turdus philomelos | 22 | gardens | Says everything twice, at least.
Sparrowhawk | Accipiter nisus | 35 | woodland | Comes round the corner, and is gone.
Spoonbill | Platalea leucorodia | 85 | wetlands | Feels its food with the bill, half open.
Starling | Sturnus vulgaris | 21 | towns | Imitates buzzards, telephones and other starlings.
Stock dove | Columba oenas | 33 | parkland | Nests in holes that black woodpeckers have made.
Stonechat | Saxicola rubicola | 12 | heath | Sounds like two pebbles knocked together.
Tawny owl | Strix aluco | 39 | woodland | The hoot is he, the sharp answer is she.
Tree pipit | Anthus trivialis | 15 | heath | Takes off from a treetop, sings, and sails back.
Tree sparrow | Passer montanus | 14 | farmland | Has a brown cap, and a spot on the cheek.
Treecreeper | Certhia familiaris | 13 | woodland | Climbs one tree in a spiral, then flies to the foot of the next.
Turnstone | Arenaria interpres | 23 | coast | Turns stones. There is food below.
Turtle dove | Streptopelia turtur | 27 | scrub | Purrs; fewer of them every year.
Water rail | Rallus aquaticus | 25 | reedbed | Squeals like a piglet, unseen.
Waxwing | Bombycilla garrulus | 20 | towns | Comes in some winters, in flocks, for berries.
Wheatear | Oenanthe oenanthe | 15 | moor | Weighs 25 grams, and flies from Alaska to Africa.
Whinchat | Saxicola rubetra | 13 | wet meadows | Borrows from the songs of its neighbours.
White stork | Ciconia ciconia | 102 | wet meadows | Is mute, and clatters.
Willow tit | Poecile montanus | 12 | wet woodland | Digs a new nest hole every year.
Willow warbler | Phylloscopus trochilus | 11 | scrub | Its song walks down a flight of stairs.
Wood warbler | Phylloscopus sibilatrix | 12 | woodland | Shivers with its whole body while it trills.
Woodcock | Scolopax rusticola | 34 | woodland | Sees all around itself without turning its head.
Wren | Troglodytes troglodytes | 10 | gardens | Weighs ten grams, and is heard across a valley.
Yellowhammer | Emberiza citrinella | 16 | farmland | Is said to have lent Beethoven a motif.
`;

const birds: readonly Bird[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', latin = '', length, habitat = '', note = ''] = line.split(' | ');
    const id = name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
    return { id, name, latin, lengthCm: Number(length), habitat, note };
  });
