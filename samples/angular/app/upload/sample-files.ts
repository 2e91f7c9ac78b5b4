// Files for a reader who has no recordings of birds at hand.
const names = [
  ...['avocet', 'bittern', 'blackcap', 'corncrake', 'curlew', 'dipper'],
  ...['goldcrest', 'hoopoe', 'nightingale', 'redstart', 'skylark', 'wren'],
];

/** A dozen, of 100 to 300 KiB. */
export function sampleFiles(): File[] {
  return names.map((name, index) => new File([noise(100 + ((index * 7) % 12) * 17)], `${name}.wav`));
}

function noise(kibibytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: kibibytes * 1024 }, (_, index) => (index * 31) % 251);
}
