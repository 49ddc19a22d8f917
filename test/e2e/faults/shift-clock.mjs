// Preloaded into the program (node --import): each SIGUSR2 moves its wall clock to the next of these offsets, as a wrong time server would.
// Timers go on as they were: they do not follow the wall clock in reality either.
const HOUR_MS = 3_600_000;
const OFFSETS_MS = [HOUR_MS, 0, -HOUR_MS, 0];
const RealDate = Date;
let offsetMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...parameters) {
    if (parameters.length === 0) super(RealDate.now() + offsetMs);
    else super(...parameters);
  }
  static now() {
    return RealDate.now() + offsetMs;
  }
};
process.on('SIGUSR2', () => { offsetMs = OFFSETS_MS.shift() ?? 0; });
