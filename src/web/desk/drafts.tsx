/** Files on their way to a comment: chosen, dropped or pasted, uploaded at once, shown with their progress. */
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiError, upload, type FileRef } from './api.js';
import type { Speech } from './app.js';
import { Icon } from './icons.js';
import { formatSize } from './texts.js';

const FILES_MAX = 20;

interface Draft {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly progress: number;
  readonly file?: FileRef;
  readonly failure?: 'tooBig' | 'failed';
}

export interface Uploads {
  readonly drafts: readonly Draft[];
  readonly done: readonly FileRef[];
  readonly busy: boolean;
  /** Files are being dragged over. */
  readonly over: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
    readonly onPaste: (event: ClipboardEvent) => void;
  };
  add(files: FileList | null | undefined): void;
  remove(key: number): void;
  /** Drops what was sent, and what could not be uploaded; what came after that stays. */
  clear(sent: readonly FileRef[]): void;
}

export function useUploads(): Uploads {
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const [over, setOver] = useState(false);
  const counter = useRef(0);
  const update = (key: number, change: Partial<Draft>): void => setDrafts((all) => all.map((draft) => (draft.key === key ? { ...draft, ...change } : draft)));
  const start = (file: File): void => {
    const key = ++counter.current;
    setDrafts((all) => [...all, { key, name: file.name, sizeBytes: file.size, progress: 0 }]);
    upload(file, (progress) => update(key, { progress })).then(
      (stored) => update(key, { file: stored, progress: 1 }),
      (error: unknown) => update(key, { failure: error instanceof ApiError && error.status === 400 ? 'tooBig' : 'failed' }),
    );
  };
  const add = (files: FileList | null | undefined): void => [...(files ?? [])].slice(0, FILES_MAX - drafts.length).forEach(start);
  return {
    drafts, over, add,
    done: drafts.flatMap((draft) => draft.file ?? []),
    busy: drafts.some((draft) => draft.file === undefined && draft.failure === undefined),
    remove: (key) => setDrafts((all) => all.filter((draft) => draft.key !== key)),
    clear: (sent) => setDrafts((all) => all.filter(({ file, failure }) => failure === undefined && (file === undefined || !sent.includes(file)))),
    handlers: {
      onDragOver(event) {
        if (event.dataTransfer?.types.includes('Files') !== true) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave(event) {
        if (event.currentTarget instanceof Node && event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
        setOver(false);
      },
      onDrop(event) {
        event.preventDefault();
        setOver(false);
        add(event.dataTransfer?.files);
      },
      onPaste(event) {
        if ((event.clipboardData?.files.length ?? 0) === 0) return;
        event.preventDefault();
        add(event.clipboardData?.files);
      },
    },
  };
}

export function DraftFiles({ speech: { t, language }, uploads }: { readonly speech: Speech; readonly uploads: Uploads }): VNode | null {
  if (uploads.drafts.length === 0) return null;
  return (
    <ul class="drafts">
      {uploads.drafts.map((draft) => (
        <li key={draft.key} class={draft.failure === undefined ? '' : 'is-failed'}>
          <Icon name="file" size={16} />
          <span class="file-name">{draft.name}</span>
          <span class="quiet">{draft.failure === undefined ? formatSize(draft.sizeBytes, language) : t(draft.failure)}</span>
          {draft.file === undefined && draft.failure === undefined && <progress value={draft.progress} max={1} aria-label={draft.name} />}
          <button class="icon-button is-tiny" aria-label={`${t('remove')}: ${draft.name}`} onClick={() => uploads.remove(draft.key)}><Icon name="close" size={14} /></button>
        </li>
      ))}
    </ul>
  );
}
