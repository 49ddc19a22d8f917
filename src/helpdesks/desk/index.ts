/** What belongs here: the desk's line in the registry: its name, its options, its connector. */
import { z } from 'zod';
import type { HelpdeskDefinition } from '../../core/ports.js';
import { createDeskConnector } from './connector.js';

const optionsSchema = z.strictObject({
  /** Where agents reach the desk, when that differs from where the bridge does. */
  agentUrl: z.union([z.literal(''), z.url()]).default(''),
}).prefault({});

export const desk: HelpdeskDefinition = {
  name: 'desk',
  optionsSchema,
  create: (settings, context) => createDeskConnector(settings, optionsSchema.parse(settings.options), context),
};
