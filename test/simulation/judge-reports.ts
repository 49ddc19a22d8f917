/** What must hold of reports of delivery when everything is quiet. That none comes early is noticed when it comes, in `noteReport`. */
import type { Cast } from './cast.js';

/** An answer that stands in somebody's chat as a whole, and is linked there, was reported. */
export function judgeReports({ world: { ledger, helpdesk }, firstChatOf }: Cast): void {
  for (const { comment, units, erased } of ledger.answered) {
    // Of what is gone nobody is told.
    if (erased) continue;
    const linked = ledger.effects.filter(({ linkedIn }) => linkedIn !== undefined);
    const customers = new Set(linked.map(({ chat }) => firstChatOf.get(chat) ?? chat));
    const arrived = [...customers].some((customer) => {
      const seen = new Set(linked.filter(({ chat }) => (firstChatOf.get(chat) ?? chat) === customer).flatMap((effect) => effect.units));
      return units.every((unit) => seen.has(unit));
    });
    if (arrived && !helpdesk.delivered.has(comment)) ledger.wrong(`${units[0] ?? ''} arrived, and was never reported`);
  }
}
