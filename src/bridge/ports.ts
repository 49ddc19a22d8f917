/** What the flows of the bridge hold in common: the ports they sequence. */
import type { Journey } from '../core/journey.js';
import type { KeptFiles } from '../core/reading-again.js';
import type { Mapping } from '../core/mapping.js';
import type { Clock, Emit, HelpdeskConnector, IdMap, Sender } from '../core/ports.js';
import type { MediaConverter } from '../core/media.js';
import type { Seal } from '../core/seal.js';

export interface BridgePorts {
  readonly connector: HelpdeskConnector;
  readonly sender: Sender;
  readonly files: KeptFiles;
  readonly idMap: IdMap;
  readonly seal: Seal;
  /** The mapping of now: a reload replaces it between two pieces of work. */
  readonly mapping: () => Mapping;
  readonly journey: Journey;
  /** Absent = files go as they are. */
  readonly media?: MediaConverter;
  readonly clock: Clock;
  readonly emit: Emit;
}
