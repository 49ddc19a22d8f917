/** What the flows of the bridge hold in common: the ports they sequence. */
import type { Journey } from '../core/journey.js';
import type { KeptFiles } from '../core/reading-again.js';
import type { Mapping } from '../core/mapping.js';
import type { Clock, Emit, HelpdeskConnector, IdMap, Sender } from '../core/ports.js';
import type { MediaConverter } from '../core/media.js';
import type { ProfilePhotos } from '../core/photos.js';
import type { Seal } from '../core/seal.js';
import type { Sending } from './to-telegram/sending.js';

/** What the composition root gives. */
export type GivenPorts = Omit<BridgePorts, 'sending'>;

export interface BridgePorts {
  readonly connector: HelpdeskConnector;
  readonly sender: Sender;
  /** By which everything that makes a message goes. */
  readonly sending: Sending;
  readonly files: KeptFiles;
  /** Absent = profile photos are not followed. */
  readonly photos?: ProfilePhotos;
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
