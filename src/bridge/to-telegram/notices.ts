/** What requesters are told when something fails. */
import type { ConversationSession, Turn } from '../../core/ports.js';
import type { ChatEvent, ConversationId, Locale, MessageEvent, MessageId, Notice } from '../../core/types.js';
import { REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';
import type { FileLine } from '../to-helpdesk/oversized.js';
import type { BridgePorts } from '../ports.js';

/**
 * Sends a notice that may never arrive (the requester blocked the bot): then it is logged and let go. Throws what a retry can mend. `turn`: of the
 * delivery that it is part of; absent = it has no record of its own.
 */
export async function tryNotice(ports: BridgePorts, conversation: ConversationId, notice: Notice, turn?: Turn): Promise<void> {
  const send = (own: Turn): Promise<MessageId> => ports.sender.sendNotice(conversation, notice, { turn: own });
  try {
    await (turn === undefined ? ports.sending.pass(send) : send(turn));
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendNotice');
    if (error.reason === undefined && REMEDY_BY_CODE[error.code] !== 'bury') throw error;
    ports.emit({ type: 'log', level: 'info', message: 'notice not delivered', facts: { conversation, code: error.code, reason: error.reason ?? '' } });
  }
}

/** Tells the requester which files the agent cannot see. */
export async function tellLeftOut(ports: BridgePorts, event: ChatEvent, files: readonly FileLine[]): Promise<void> {
  await ports.idMap.withConversation(event.conversation, async (session) => {
    const locale = localeOf(ports, session, event);
    for (const file of files) await tryNotice(ports, event.conversation, { text: ports.mapping().text(locale, 'file.tooBigIn', { ...file }) });
  });
}

/**
 * Tells the requester that a message waits for the helpdesk and is safe: once, until one is filed again. Never throws: the message at
 * work matters more. Remembered before it is sent, and forgotten again when it certainly was not sent: rather never twice.
 */
export async function tellDelayed(ports: BridgePorts, event: MessageEvent): Promise<void> {
  const { conversation } = event;
  try {
    await ports.idMap.withConversation(conversation, async (session) => {
      if (session.state.delayTold === true) return;
      await session.commit({ delayTold: true });
      try {
        await tryNotice(ports, conversation, { text: ports.mapping().text(localeOf(ports, session, event), 'message.delayed') });
        ports.emit({ type: 'notice', kind: 'delayed', conversation });
      } catch (thrown) {
        if (toBridgeError(thrown, 'tellDelayed').effect === 'none') await session.commit({ delayTold: false });
      }
    });
  } catch (thrown) {
    const { code } = toBridgeError(thrown, 'tellDelayed');
    ports.emit({ type: 'log', level: 'warn', message: 'the requester could not be told that a message waits', facts: { conversation, code } });
  }
}

/** Tells the requester that the last messages were too many. */
export async function tellFlood(ports: BridgePorts, event: ChatEvent): Promise<void> {
  await ports.idMap.withConversation(event.conversation, (session) => tryNotice(ports, event.conversation, {
    text: ports.mapping().text(localeOf(ports, session, event), 'flood.slowDown'),
  }));
  ports.emit({ type: 'notice', kind: 'flood', conversation: event.conversation });
}

function localeOf(ports: BridgePorts, session: ConversationSession, event: ChatEvent): Locale {
  return session.state.locale ?? ports.mapping().localeOf(event.person.languageTag);
}
