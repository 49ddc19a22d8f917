/** What belongs here: ready things to send, made in the browser: a photo, a voice message, a place. */
import type { Picked } from './wire.js';

export const PLACE = { latitude: 43.238293, longitude: 76.945465 };

/** A drawn picture of a broken parcel, so that a photo can be sent with no file at hand. */
export async function samplePhoto(label: string): Promise<Picked> {
  const canvas = document.createElement('canvas');
  canvas.width = 960;
  canvas.height = 720;
  const pen = canvas.getContext('2d');
  if (pen !== null) drawParcel(pen, label);
  const bytes = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9));
  return { kind: 'photo', name: 'parcel.jpg', bytes: bytes ?? new Blob() };
}

function drawParcel(pen: CanvasRenderingContext2D, label: string): void {
  const wall = pen.createLinearGradient(0, 0, 0, 720);
  wall.addColorStop(0, '#d9e4ec');
  wall.addColorStop(0.62, '#c2d2de');
  wall.addColorStop(0.621, '#8d7a67');
  wall.addColorStop(1, '#6f5e4d');
  pen.fillStyle = wall;
  pen.fillRect(0, 0, 960, 720);
  fillShape(pen, '#c08f57', [[230, 250], [560, 210], [560, 560], [230, 600]]);
  fillShape(pen, '#a5763f', [[560, 210], [740, 260], [740, 560], [560, 560]]);
  fillShape(pen, '#d6a86d', [[230, 250], [410, 200], [740, 260], [560, 210]]);
  fillShape(pen, '#e9d9a8', [[372, 232], [418, 227], [418, 578], [372, 583]]);
  fillShape(pen, '#3c2a18', [[470, 225], [505, 300], [478, 345], [520, 420], [496, 340], [524, 296], [500, 222]]);
  fillShape(pen, '#ffffff', [[255, 410], [355, 400], [355, 490], [255, 500]]);
  pen.fillStyle = '#33414f';
  pen.font = '600 26px system-ui, sans-serif';
  pen.save();
  pen.translate(264, 462);
  pen.rotate(-0.09);
  pen.fillText(label, 0, 0, 84);
  pen.restore();
}

function fillShape(pen: CanvasRenderingContext2D, colour: string, points: readonly (readonly [number, number])[]): void {
  pen.fillStyle = colour;
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
  pen.fill();
}

const RATE = 8000;

/** Two seconds of a soft melody as WAV: no microphone, no permission. */
export function sampleVoice(): Picked {
  const samples = RATE * 2;
  const view = new DataView(new ArrayBuffer(44 + samples));
  const ascii = (at: number, text: string): void => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  ascii(0, 'RIFF');
  view.setUint32(4, 36 + samples, true);
  ascii(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  ascii(36, 'data');
  view.setUint32(40, samples, true);
  const notes = [392, 440, 494, 392];
  for (let index = 0; index < samples; index += 1) {
    const place = index / (samples / notes.length);
    const fade = Math.sin(Math.PI * (place % 1));
    view.setUint8(44 + index, 128 + Math.round(60 * fade * Math.sin((2 * Math.PI * (notes[Math.floor(place)] ?? 0) * index) / RATE)));
  }
  return { kind: 'voice', name: 'voice.wav', bytes: new Blob([view], { type: 'audio/wav' }), seconds: 2 };
}

/** What the apps make of a file that somebody picks. */
export function pickFile(file: File, asPhoto: boolean): Picked {
  if (asPhoto && file.type.startsWith('image/')) return { kind: 'photo', name: file.name, bytes: file };
  if (file.type.startsWith('video/')) return { kind: 'video', name: file.name, bytes: file };
  if (file.type.startsWith('audio/')) return { kind: 'audio', name: file.name, bytes: file };
  return { kind: 'document', name: file.name, bytes: file };
}
