// @ts-check
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Encodes a PNG with 8 bits for each of its 3 or 4 channels, as Chromium writes it, as one with a palette of 256 colours, which is several
 * times smaller. Screenshots of pages have few colours besides those at the edges of letters.
 *
 * @param {Buffer} png
 * @returns {Buffer}
 */
export function encodePalette(png) {
  const { width, height, pixels } = decode(png);
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts]
    .toSorted((one, other) => other[1] - one[1])
    .slice(0, 256)
    .map(([colour]) => colour);
  const indexes = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc(height * (width + 1));
  pixels.forEach((colour, at) => {
    const index = indexes.get(colour) ?? findNearest(palette, colour);
    indexes.set(colour, index);
    rows[at + Math.floor(at / width) + 1] = index;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    signature,
    ...[writeChunk('IHDR', header), writeChunk('PLTE', colours)],
    ...[writeChunk('IDAT', deflateSync(rows, { level: 9 })), writeChunk('IEND', Buffer.alloc(0))],
  ]);
}

/** @param {readonly number[]} palette @param {number} colour @returns {number} */
function findNearest(palette, colour) {
  let [best, least] = [0, Infinity];
  palette.forEach((each, index) => {
    const distance = [16, 8, 0].reduce(
      (sum, shift) => sum + (((each >> shift) & 255) - ((colour >> shift) & 255)) ** 2,
      0,
    );
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

/** @param {string} type @param {Buffer} data */
function writeChunk(type, data) {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

/** @param {Buffer} png @returns {{ width: number, height: number, pixels: Uint32Array }} the pixels as `0xRRGGBB` */
function decode(png) {
  const [width, height, depth, type] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]];
  const channels = type === 6 ? 4 : 3;
  if (depth !== 8 || (type !== 6 && type !== 2)) throw new Error('The PNG is not as Chromium writes it.');
  const parts = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const data = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let before = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)] ?? 0;
    const row = Buffer.from(data.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x++) {
      const left = row[x - channels] ?? 0;
      const above = before[x] ?? 0;
      const corner = before[x - channels] ?? 0;
      row[x] = (row[x] ?? 0) + predict(filter, left, above, corner);
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = row.readUIntBE(x * channels, 3);
    before = row;
  }
  return { width, height, pixels };
}

/** The filters of the PNG specification, section 9.2. @param {number} filter @param {number} left @param {number} above @param {number} corner */
function predict(filter, left, above, corner) {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [left, above, corner].map((each) => Math.abs(left + above - corner - each));
  return (a ?? 0) <= (b ?? 0) && (a ?? 0) <= (c ?? 0) ? left : (b ?? 0) <= (c ?? 0) ? above : corner;
}
