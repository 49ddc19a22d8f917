/** What belongs here: the live view of the bridge: counters, and one line for each step. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { BridgeEvent } from '../../core/types.js';
import { Icon } from './icons.js';
import type { IconName } from './icons.js';
import type { PageState } from './store.js';
import type { Language, Texts } from './texts.js';
import type { FeedEntry } from './wire.js';

interface Props {
  readonly page: PageState;
  readonly texts: Texts;
  readonly language: Language;
}

export function Flow({ page, texts, language }: Props): JSX.Element {
  const { counters, entries } = page;
  return (
    <div class="flow">
      <div class="wire" role="group" aria-label={texts.bridgeTitle}>
        <End name={texts.customerSide} isUp={counters.telegramUp} texts={texts} />
        <span class="wire-line" aria-hidden="true"><Icon name="bridge" size={26} /></span>
        <End name={texts.agentSide} isUp={counters.helpdeskUp} texts={texts} />
      </div>
      <dl class="counters">
        <Count label={texts.toHelpdesk} value={counters.toHelpdesk} tone="in" />
        <Count label={texts.toTelegram} value={counters.toTelegram} tone="out" />
        <Count label={texts.tickets} value={counters.tickets} />
        <Count label={texts.retries} value={counters.retries} tone={counters.retries > 0 ? 'warn' : ''} />
        <Count label={texts.failed} value={counters.failed} tone={counters.failed > 0 ? 'warn' : ''} />
      </dl>
      <Hints texts={texts} isOld={counters.toTelegram > 0} />
      {entries.length === 0 ? <p class="quiet">{texts.quiet}</p> : null}
      <ol class="log" aria-label={texts.log} tabIndex={0}>
        {entries.map((entry) => <Line key={entry.sequence} entry={entry} texts={texts} language={language} />)}
      </ol>
    </div>
  );
}

/** On a low screen the hints make room for the log after the first answer; whoever opens them again keeps them. */
function Hints({ texts, isOld }: { readonly texts: Texts; readonly isOld: boolean }): JSX.Element {
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    if (isOld && window.innerHeight < 920) setOpen(false);
  }, [isOld]);
  return (
    <details class="try" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.tryTitle}</summary>
      <ol>{texts.steps.map((step) => <li key={step}>{step}</li>)}</ol>
    </details>
  );
}

function End({ name, isUp, texts }: { readonly name: string; readonly isUp: boolean; readonly texts: Texts }): JSX.Element {
  return (
    <span class={isUp ? 'end' : 'end down'} title={isUp ? texts.up : texts.down}>
      <span class="dot" aria-hidden="true" />{name}<span class="visually-hidden"> {isUp ? texts.up : texts.down}</span>
    </span>
  );
}

function Count({ label, value, tone = '' }: { readonly label: string; readonly value: number; readonly tone?: string }): JSX.Element {
  return <div class={`count ${tone}`}><dt>{label}</dt><dd>{value}</dd></div>;
}

interface Shown {
  readonly icon: IconName;
  readonly tone: 'in' | 'out' | 'warn' | 'calm';
  readonly text: string;
  readonly ids?: readonly (string | undefined)[];
  readonly lagMs?: number;
  readonly attempt?: number;
}

function Line({ entry, texts, language }: { readonly entry: FeedEntry; readonly texts: Texts; readonly language: Language }): JSX.Element {
  const shown = toShown(entry.event, texts);
  const ids = (shown.ids ?? []).filter((id) => id !== undefined);
  return (
    <li class={`line ${shown.tone}`}>
      <span class="line-icon"><Icon name={shown.icon} size={16} /></span>
      <span class="line-text">
        <span class="line-what">{shown.text}</span>
        {ids.length === 0 ? null : <span class="line-ids" title={ids.join('\n')}>{ids.map(shortId).join(' · ')}</span>}
      </span>
      <span class="line-side">
        {shown.lagMs === undefined ? null : <span class="lag">{Math.round(shown.lagMs)} {texts.milliseconds}</span>}
        {(shown.attempt ?? 1) > 1 ? <span class="lag">{texts.tryNumber} {shown.attempt}</span> : null}
        <time>{new Date(entry.atMs).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })}</time>
      </span>
    </li>
  );
}

/** Long ids keep their end, which is the part that differs. */
function shortId(id: string): string {
  return id.length <= 16 ? id : `…${id.slice(-13)}`;
}

function toShown(event: BridgeEvent, texts: Texts): Shown {
  switch (event.type) {
    case 'received': return { icon: 'right', tone: 'calm', text: texts.received[event.kind], ids: [event.message ?? event.conversation] };
    case 'ticket_opened': return { icon: 'right', tone: 'in', text: `${texts.opened} #${event.number}`, ids: [event.ticket] };
    case 'relayed': return toRelayed(event, texts);
    case 'doorbell': return { icon: 'bell', tone: 'calm', text: event.source === 'webhook' ? texts.doorbell : texts.sweep, ids: [event.ticket] };
    case 'retry': return {
      icon: 'again', tone: 'warn', text: `${texts.retry} ${formatSeconds(event.delayMs)} s`, ids: [event.operation, event.code], attempt: event.attempt + 1,
    };
    case 'buried': return { icon: 'warn', tone: 'warn', text: texts.buried, ids: [event.operation, event.code] };
    case 'undelivered': return { icon: 'warn', tone: 'warn', text: `${texts.undelivered}: ${event.reason}`, ids: [event.ticket, event.comment] };
    case 'notice': return { icon: 'left', tone: 'calm', text: texts.notice, ids: [event.kind, event.ticket] };
    case 'status': return { icon: 'left', tone: 'out', text: `${texts.status}: ${texts.phases[event.phase]}`, ids: [event.ticket] };
    case 'outage': return toOutage(event, texts);
    case 'request': return { icon: 'warn', tone: 'warn', text: texts.refused, ids: [event.system, event.operation, event.code], lagMs: event.durationMs };
    case 'log': return { icon: 'warn', tone: 'warn', text: event.message };
    case 'lanes':
    case 'queue': return { icon: 'right', tone: 'calm', text: '' };
  }
}

function toRelayed(event: Extract<BridgeEvent, { type: 'relayed' }>, texts: Texts): Shown {
  const isIn = event.direction === 'to_helpdesk';
  const ids = isIn ? [event.message, event.comment ?? event.ticket] : [event.comment ?? event.ticket, event.message];
  return { icon: isIn ? 'right' : 'left', tone: isIn ? 'in' : 'out', text: isIn ? texts.relayedIn : texts.relayedOut, ids, lagMs: event.lagMs, attempt: event.attempt };
}

function toOutage(event: Extract<BridgeEvent, { type: 'outage' }>, texts: Texts): Shown {
  const system = event.system === 'helpdesk' ? texts.helpdesk : texts.customerSide;
  return { icon: event.up ? 'check' : 'warn', tone: event.up ? 'out' : 'warn', text: `${system} ${event.up ? texts.recovered : texts.outage}`, ids: [event.operation, event.code] };
}

function formatSeconds(ms: number): string {
  return ms < 10_000 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000));
}
