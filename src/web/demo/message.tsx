/** What belongs here: one message as a bubble: text, files, buttons, time and ticks. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { EditForm } from './edit-form.js';
import { Icon } from './icons.js';
import { kindOf } from './kinds.js';
import { RichText } from './rich-text.js';
import type { Language, Texts } from './texts.js';
import { fileUrl } from './wire.js';
import type { ChatMessage, InlineButton, Media, Stored } from './wire.js';

interface Props {
  readonly stored: Stored;
  /** What was sent together with it, itself the first; alone = just it. */
  readonly together: readonly Stored[];
  readonly texts: Texts;
  readonly language: Language;
  readonly reactions: readonly string[];
  /** What the company put on it. */
  readonly answered: readonly string[];
  readonly onReact: (message: number, emoji: readonly string[]) => void;
  readonly onReply: (message: ChatMessage) => void;
  readonly onEdit: (message: number, text: string) => void;
  readonly onPress: (message: number, button: string) => void;
  readonly onCommand: (command: string) => void;
  /** A picture has its size now. */
  readonly onGrow: () => void;
}

/** Messages as they are shown: what was sent together is one. */
export function grouped(messages: readonly Stored[]): readonly (readonly [Stored, ...Stored[]])[] {
  const groups: [Stored, ...Stored[]][] = [];
  for (const stored of messages) {
    const { media_group_id: album } = stored.message;
    const last = groups.at(-1);
    if (album !== undefined && last?.[0].message.media_group_id === album) last.push(stored);
    else groups.push([stored]);
  }
  return groups;
}

export function MessageBubble({ stored, together, texts, language, reactions, answered, onReact, onReply, onEdit, onPress, onCommand, onGrow }: Props): JSX.Element {
  const { message } = stored;
  const isBot = message.from?.is_bot === true;
  const [editing, setEditing] = useState(false);
  // Of an album what has words, and without any its first.
  const worded = together.map(({ message: one }) => one).find((one) => wordsOf(one) !== '') ?? message;
  const canEdit = !isBot && (message.text !== undefined || together.some(({ message: one }) => hasCaption(one)));
  const rows = message.reply_markup?.inline_keyboard ?? [];
  return (
    <div class={`row ${isBot ? 'theirs' : 'mine'}`}>
      <div class="bubble-box">
        <div class={together.every(({ message: one }) => hasOnlyPicture(one)) ? 'bubble bare' : 'bubble'} onDblClick={() => onReply(message)}>
          {message.reply_to_message === undefined ? null : <Quote message={message.reply_to_message} texts={texts} language={language} />}
          {together.length === 1 ? <Files message={message} texts={texts} language={language} onGrow={onGrow} /> : <Album together={together} texts={texts} language={language} onReply={onReply} onGrow={onGrow} />}
          <div class="bubble-text" dir="auto">
            {editing
              ? <EditForm text={wordsOf(worded)} texts={texts} onSave={(text) => { setEditing(false); onEdit(worded.message_id, text); }} onCancel={() => setEditing(false)} />
              : together.filter(({ message: one }) => one.text !== undefined || one.caption !== undefined).map(({ message: one }) => (
                <RichText key={one.message_id} text={wordsOf(one)} entities={one.entities ?? one.caption_entities} onCommand={onCommand} />
              ))}
            <Meta stored={together.find(({ acknowledged }) => !acknowledged) ?? stored} isEdited={together.some(({ message: one }) => one.edit_date !== undefined)} texts={texts} language={language} />
          </div>
        </div>
        {reactions.map((emoji) => <button key={emoji} type="button" class="reaction" aria-label={`${texts.cancel}: ${emoji}`} onClick={() => onReact(message.message_id, [])}>{emoji}</button>)}
        {answered.map((emoji) => <span key={`bot ${emoji}`} class="reaction" role="img" aria-label={`${texts.reacted}: ${emoji}`}>{emoji}</span>)}
        {rows.map((row, index) => (
          <div class="buttons" key={index}>
            {row.map((button) => <ChatButton key={button.text} button={button} onPress={(action) => onPress(message.message_id, action)} />)}
          </div>
        ))}
      </div>
      {!isBot ? null : ['👍', '👎'].map((emoji) => <button key={emoji} type="button" class="round small react" aria-label={`${texts.react} ${emoji}`} onClick={() => onReact(message.message_id, [emoji])}>{emoji}</button>)}
      <button type="button" class="round small reply" aria-label={texts.reply} title={texts.reply} onClick={() => onReply(message)}><Icon name="reply" size={15} /></button>
      {!canEdit || editing ? null : (
        <button type="button" class="round small reply" aria-label={texts.edit} title={texts.edit} onClick={() => setEditing(true)}><Icon name="edit" size={15} /></button>
      )}
    </div>
  );
}

function wordsOf({ text, caption }: ChatMessage): string {
  return text ?? caption ?? '';
}

/** What is under a file may also be written later. */
function hasCaption(message: ChatMessage): boolean {
  return CAPTIONED.some((kind) => message[kind] !== undefined);
}

const CAPTIONED = ['photo', 'document', 'video', 'audio', 'voice', 'animation'] as const;

function ChatButton({ button, onPress }: { readonly button: InlineButton; readonly onPress: (action: string) => void }): JSX.Element {
  const { text, callback_data: action, url } = button;
  if (action !== undefined) return <button type="button" onClick={() => onPress(action)}>{text}</button>;
  const isSafe = url !== undefined && /^https?:\/\//i.test(url);
  return isSafe ? <a href={url} target="_blank" rel="noopener noreferrer">{text}</a> : <button type="button" disabled>{text}</button>;
}

function Meta({ stored, isEdited, texts, language }: { readonly stored: Stored; readonly isEdited: boolean; readonly texts: Texts; readonly language: Language }): JSX.Element {
  const { message, acknowledged } = stored;
  const time = new Date(message.date * 1000).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const state = acknowledged ? texts.stored : texts.sent;
  return (
    <span class="meta">
      {!isEdited ? null : <span>{texts.edited}</span>}
      <time>{time}</time>
      {message.from?.is_bot === true ? null : (
        <span class={acknowledged ? 'ticks done' : 'ticks'} title={state} role="img" aria-label={state}><Icon name={acknowledged ? 'checks' : 'check'} size={16} /></span>
      )}
    </span>
  );
}

function Quote({ message, texts, language }: { readonly message: ChatMessage; readonly texts: Texts; readonly language: Language }): JSX.Element {
  return <div class="quoted in-bubble"><strong>{message.from?.first_name}</strong><span>{previewOf(message, texts, language)}</span></div>;
}

/** One line for a message, for replies. */
export function previewOf(message: ChatMessage, texts: Texts, language: Language): string {
  const words = message.text ?? message.caption;
  if (words !== undefined) return words.slice(0, 120);
  if (message.photo !== undefined) return texts.samplePhoto;
  if (message.voice !== undefined) return texts.voice;
  if (message.location !== undefined) return texts.place;
  if (message.contact !== undefined) return texts.contact;
  const kind = kindOf(message);
  if (kind !== undefined) return `${kind.emoji} ${kind.titles[language]}`;
  return message.document?.file_name ?? message.video?.file_name ?? message.audio?.file_name ?? texts.file;
}

function hasOnlyPicture(message: ChatMessage): boolean {
  return message.caption === undefined && message.reply_to_message === undefined
    && (message.photo !== undefined || message.video !== undefined || message.sticker !== undefined || message.animation !== undefined);
}

function Files({ message, texts, language, onGrow }: { readonly message: ChatMessage; readonly texts: Texts; readonly language: Language; readonly onGrow: () => void }): JSX.Element | null {
  const { photo, video, animation, video_note: note, audio, voice, sticker, location, contact, document } = message;
  const picture = photo?.at(-1) ?? sticker?.thumbnail ?? sticker;
  if (picture !== undefined) {
    return (
      <a class="picture" href={fileUrl(picture)} target="_blank" rel="noopener">
        <img src={fileUrl(picture)} width={picture.width} height={picture.height} alt={message.caption ?? picture.emoji ?? picture.file_name ?? 'photo'} onLoad={onGrow} />
      </a>
    );
  }
  const film = video ?? animation ?? note;
  if (film !== undefined) return <video class="picture" src={fileUrl(film)} controls preload="metadata" onLoadedMetadata={onGrow} />;
  const sound = voice ?? audio;
  if (sound !== undefined) return <audio src={fileUrl(sound)} controls preload="metadata" aria-label={sound.file_name ?? texts.voice} onLoadedMetadata={onGrow} />;
  if (location !== undefined) return <Place latitude={location.latitude} longitude={location.longitude} texts={texts} />;
  if (contact !== undefined) return <Tile icon="person" title={contact.first_name} about={contact.phone_number} />;
  const kind = kindOf(message);
  if (kind !== undefined) return <Tile icon="file" title={`${kind.emoji} ${kind.titles[language]}`} about="" />;
  return document === undefined ? null : <Tile icon="file" title={document.file_name ?? texts.file} about={formatSize(document)} href={fileUrl(document)} />;
}

interface AlbumProps {
  readonly together: readonly Stored[];
  readonly texts: Texts;
  readonly language: Language;
  readonly onReply: (message: ChatMessage) => void;
  readonly onGrow: () => void;
}

/** Pictures side by side, files below each other; a double click on one answers that one. */
function Album({ together, texts, language, onReply, onGrow }: AlbumProps): JSX.Element {
  const shows = together.every(({ message }) => message.photo !== undefined || message.video !== undefined);
  return (
    <div class={shows ? 'album' : 'album files'} role="group" aria-label={`${texts.album}: ${together.length}`}>
      {together.map(({ message }) => (
        <div key={message.message_id} onDblClick={(event) => { event.stopPropagation(); onReply(message); }}><Files message={message} texts={texts} language={language} onGrow={onGrow} /></div>
      ))}
    </div>
  );
}

function Place({ latitude, longitude, texts }: { readonly latitude: number; readonly longitude: number; readonly texts: Texts }): JSX.Element {
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return <Tile icon="place" title={texts.place} about={`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`} href={href} />;
}

interface TileProps {
  readonly icon: 'person' | 'file' | 'place';
  readonly title: string;
  readonly about: string;
  readonly href?: string;
}

function Tile({ icon, title, about, href }: TileProps): JSX.Element {
  const inside = <><span class="tile-icon"><Icon name={icon} size={20} /></span><span class="tile-text"><strong>{title}</strong><span>{about}</span></span></>;
  return href === undefined ? <div class="tile">{inside}</div> : <a class="tile" href={href} target="_blank" rel="noopener noreferrer">{inside}</a>;
}

function formatSize({ file_size: bytes = 0 }: Media): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
