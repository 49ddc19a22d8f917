/** Attachments of a comment: pictures shown, sound and video playable, everything else a link. */
import type { VNode } from 'preact';
import { fileUrl, type FileRef } from './api.js';
import { Icon } from './icons.js';
import { formatSize, type Language } from './texts.js';

export function Files({ files, language }: { readonly files: readonly FileRef[]; readonly language: Language }): VNode {
  return <div class="files">{files.map((file) => <FileView key={file.id} file={file} language={language} />)}</div>;
}

function FileView({ file, language }: { readonly file: FileRef; readonly language: Language }): VNode {
  const url = fileUrl(file);
  if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.mediaType)) {
    return <a class="picture" href={url} target="_blank" rel="noopener"><img src={url} alt={file.name} loading="lazy" /></a>;
  }
  if (file.mediaType.startsWith('audio/')) {
    return <figure class="player"><audio controls preload="metadata" src={url} aria-label={file.name} /><figcaption>{file.name}</figcaption></figure>;
  }
  if (file.mediaType.startsWith('video/')) {
    return <figure class="player"><video controls preload="metadata" src={url} aria-label={file.name} /><figcaption>{file.name}</figcaption></figure>;
  }
  return (
    <a class="file" href={url} target="_blank" rel="noopener">
      <Icon name="file" size={22} />
      <span class="file-name">{file.name}</span>
      <span class="quiet">{formatSize(file.sizeBytes, language)}</span>
    </a>
  );
}
