/** What belongs here: profile photos for people who do not exist: a head and shoulders before a plain wall, drawn as a PNG. */
import { crc32, deflateSync } from 'node:zlib';

/** Pixels; as wide as the smallest photo that Telegram keeps of a person. */
const SIDE = 160;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

type Colour = readonly [number, number, number];
interface Look { readonly wall: Colour; readonly skin: Colour; readonly hair: Colour; readonly shirt: Colour }

const LOOKS: readonly Look[] = [
  { wall: [244, 196, 120], skin: [232, 184, 150], hair: [52, 34, 28], shirt: [178, 58, 72] },
  { wall: [150, 190, 214], skin: [240, 204, 176], hair: [120, 84, 50], shirt: [44, 82, 130] },
  { wall: [186, 214, 170], skin: [222, 170, 130], hair: [88, 40, 20], shirt: [92, 70, 140] },
  { wall: [214, 178, 214], skin: [176, 122, 88], hair: [30, 26, 30], shirt: [30, 120, 104] },
];

/** The same number gives the same picture; any whole number does. */
export function drawPortrait(number: number): Buffer {
  const look = LOOKS[Math.abs(number) % LOOKS.length] ?? LOOKS[0];
  if (look === undefined) throw new Error('there is nobody to draw');
  // One byte before each line says that it is not filtered.
  const lines = Buffer.alloc(SIDE * (1 + SIDE * 3));
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) lines.set(colourAt(look, x / SIDE, y / SIDE), y * (1 + SIDE * 3) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2], 8); // 8 bits for each of red, green and blue
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))]);
}

interface Ellipse { readonly x: number; readonly y: number; readonly wide: number; readonly high: number }

const SHOULDERS: Ellipse = { x: 0.5, y: 1.02, wide: 0.36, high: 0.34 };
const NECK: Ellipse = { x: 0.5, y: 0.66, wide: 0.08, high: 0.12 };
const HAIR: Ellipse = { x: 0.5, y: 0.4, wide: 0.21, high: 0.235 };
const FACE: Ellipse = { x: 0.5, y: 0.45, wide: 0.165, high: 0.2 };

/** From the back to the front; `x` and `y` from 0 to 1. */
function colourAt({ wall, skin, hair, shirt }: Look, x: number, y: number): readonly number[] {
  const layers: readonly (readonly [Ellipse, Colour])[] = [[HAIR, hair], [NECK, skin], [SHOULDERS, shirt], [FACE, skin]];
  const light = 1.06 - 0.16 * y;
  const lit = wall.map((part) => Math.min(255, part * light));
  return layers.reduce<readonly number[]>((under, [shape, colour]) => blend(under, colour, cover(shape, x, y)), lit).map((part) => Math.round(part));
}

/** How much of a point the shape covers: its edge is a pixel or two wide, so that it looks smooth. */
function cover({ x: left, y: top, wide, high }: Ellipse, x: number, y: number): number {
  const distance = Math.hypot((x - left) / wide, (y - top) / high);
  return Math.min(1, Math.max(0, (1 - distance) * SIDE * Math.min(wide, high) + 0.5));
}

function blend(under: readonly number[], over: Colour, share: number): readonly number[] {
  return under.map((part, index) => part + ((over[index] ?? part) - part) * share);
}

function chunk(type: string, bytes: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), bytes]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(bytes.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
