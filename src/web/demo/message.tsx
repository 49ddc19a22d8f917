/** What belongs here: one message as a bubble: text, files, buttons, time and ticks. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { EditForm } from './edit-form.js';
import { Icon } from './icons.js';
import { RichText } from './rich-text.js';
import type { Language, Texts } from './texts.js';
import { fileUrl } from './wire.js';
import type { ChatMessage, InlineButton, Media, Stored } from './wire.js';

interface Props {
  readonly stored: Stored;
  readonly texts: Texts;
  readonly language: Language;
  readonly onReply: (message: ChatMessage) => void;
  readonly onEdit: (message: number, text: string) => void;
  readonly onPress: (message: number, button: string) => void;
  readonly onCommand: (command: string) => void;
  /** A picture has its size now. */
  readonly onGrow: () => void;
}

export function MessageBubble({ stored, texts, language, onReply, onEdit, onPress, onCommand, onGrow }: Props): JSX.Element {
  const { message } = stored;
  const isBot = message.from?.is_bot === true;
  const words = message.text ?? message.caption;
  const [editing, setEditing] = useState(false);
  const rows = message.reply_markup?.inline_keyboard ?? [];
  return (
    <div class={`row ${isBot ? 'theirs' : 'mine'}`}>
      <div class="bubble-box">
        <div class={hasOnlyPicture(message) ? 'bubble bare' : 'bubble'} onDblClick={() => onReply(message)}>
          {message.reply_to_message === undefined ? null : <Quote message={message.reply_to_message} texts={texts} />}
          <Files message={message} texts={texts} onGrow={onGrow} />
          <div class="bubble-text" dir="auto">
            {editing
              ? <EditForm text={words ?? ''} texts={texts} onSave={(text) => { setEditing(false); onEdit(message.message_id, text); }} onCancel={() => setEditing(false)} />
              : <RichText text={words ?? ''} entities={message.entities ?? message.caption_entities} onCommand={onCommand} />}
            <Meta stored={stored} texts={texts} language={language} />
          </div>
        </div>
        {rows.map((row, index) => (
          <div class="buttons" key={index}>
            {row.map((button) => <ChatButton key={button.text} button={button} onPress={(action) => onPress(message.message_id, action)} />)}
          </div>
        ))}
      </div>
      <button type="button" class="round small reply" aria-label={texts.reply} title={texts.reply} onClick={() => onReply(message)}><Icon name="reply" size={15} /></button>
      {isBot || words === undefined || editing ? null : (
        <button type="button" class="round small reply" aria-label={texts.edit} title={texts.edit} onClick={() => setEditing(true)}><Icon name="edit" size={15} /></button>
      )}
    </div>
  );
}

function ChatButton({ button, onPress }: { readonly button: InlineButton; readonly onPress: (action: string) => void }): JSX.Element {
  const { text, callback_data: action, url } = button;
  if (action !== undefined) return <button type="button" onClick={() => onPress(action)}>{text}</button>;
  const isSafe = url !== undefined && /^https?:\/\//i.test(url);
  return isSafe ? <a href={url} target="_blank" rel="noopener noreferrer">{text}</a> : <button type="button" disabled>{text}</button>;
}

function Meta({ stored, texts, language }: { readonly stored: Stored; readonly texts: Texts; readonly language: Language }): JSX.Element {
  const { message, acknowledged } = stored;
  const time = new Date(message.date * 1000).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const state = acknowledged ? texts.stored : texts.sent;
  return (
    <span class="meta">
      {message.edit_date === undefined ? null : <span>{texts.edited}</span>}
      <time>{time}</time>
      {message.from?.is_bot === true ? null : (
        <span class={acknowledged ? 'ticks done' : 'ticks'} title={state} role="img" aria-label={state}><Icon name={acknowledged ? 'checks' : 'check'} size={16} /></span>
      )}
    </span>
  );
}

function Quote({ message, texts }: { readonly message: ChatMessage; readonly texts: Texts }): JSX.Element {
  return <div class="quoted in-bubble"><strong>{message.from?.first_name}</strong><span>{previewOf(message, texts)}</span></div>;
}

/** One line for a message, for replies. */
export function previewOf(message: ChatMessage, texts: Texts): string {
  const words = message.text ?? message.caption;
  if (words !== undefined) return words.slice(0, 120);
  if (message.photo !== undefined) return texts.samplePhoto;
  if (message.voice !== undefined) return texts.voice;
  if (message.location !== undefined) return texts.place;
  if (message.contact !== undefined) return texts.contact;
  return message.document?.file_name ?? message.video?.file_name ?? message.audio?.file_name ?? texts.file;
}

function hasOnlyPicture(message: ChatMessage): boolean {
  return message.caption === undefined && message.reply_to_message === undefined
    && (message.photo !== undefined || message.video !== undefined || message.sticker !== undefined || message.animation !== undefined);
}

function Files({ message, texts, onGrow }: { readonly message: ChatMessage; readonly texts: Texts; readonly onGrow: () => void }): JSX.Element | null {
  const { photo, video, animation, video_note: note, audio, voice, sticker, location, contact, document } = message;
  const picture = photo?.at(-1) ?? sticker;
  if (picture !== undefined) {
    return (
      <a class="picture" href={fileUrl(picture)} target="_blank" rel="noopener">
        <img src={fileUrl(picture)} width={picture.width} height={picture.height} alt={message.caption ?? picture.emoji ?? picture.file_name ?? 'photo'} onLoad={onGrow} />
      </a>
    );
  }
  const film = video ?? animation ?? note;
  if (film !== undefined) return <video class="picture" src={fileUrl(film)} controls preload="metadata" />;
  const sound = voice ?? audio;
  if (sound !== undefined) return <audio src={fileUrl(sound)} controls preload="metadata" aria-label={sound.file_name ?? texts.voice} />;
  if (location !== undefined) return <Place latitude={location.latitude} longitude={location.longitude} texts={texts} />;
  if (contact !== undefined) return <Tile icon="person" title={contact.first_name} about={contact.phone_number} />;
  return document === undefined ? null : <Tile icon="file" title={document.file_name ?? texts.file} about={formatSize(document)} href={fileUrl(document)} />;
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
