// Ends a build: stores every file compressed beside itself, and fails when the first page has become too heavy.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
/** What Vite writes of which file needs which; it is not part of the page. */
const MANIFEST = join(DIST, '.vite/manifest.json');
/** The most that the script of the first page may weigh, compressed by gzip. */
const SCRIPT_LIMIT_BYTES = 60_000;
/** The same for everything that is loaded later, together. */
const LATER_LIMIT_BYTES = 150_000;
/** A file that compression does not make smaller by a tenth is sent as it is. */
const WORTH_IT = 0.9;

const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

const first = firstScripts(JSON.parse(readFileSync(MANIFEST, 'utf8')));
rmSync(join(DIST, '.vite'), { recursive: true });
const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

let script = 0;
let later = 0;
for (const file of files) {
  const plain = readFileSync(file);
  const packed = { '.gz': gzipSync(plain, { level: 9 }), '.br': brotliCompressSync(plain, brotli) };
  for (const [ending, bytes] of Object.entries(packed))
    if (bytes.length < plain.length * WORTH_IT) writeFileSync(file + ending, bytes);
  if (!file.endsWith('.js')) continue;
  if (first.has(file)) script += packed['.gz'].length;
  else later += packed['.gz'].length;
}

console.log(
  `The script of the first page is ${script} bytes compressed, of ${SCRIPT_LIMIT_BYTES} allowed; what comes later ${later}, of ${LATER_LIMIT_BYTES}.`,
);
if (script > SCRIPT_LIMIT_BYTES || later > LATER_LIMIT_BYTES) {
  console.error('error: the script is too heavy; load what the first page does not show when it is shown');
  // What is left behind would pass for a good build.
  rmSync(DIST, { recursive: true });
  process.exitCode = 1;
}

/** The scripts that the browser needs for the first page: the entry, and what it imports at once. */
function firstScripts(manifest) {
  const found = new Set();
  const add = (key) => {
    const { file, imports = [] } = manifest[key];
    if (found.has(join(DIST, file))) return;
    found.add(join(DIST, file));
    imports.forEach(add);
  };
  Object.keys(manifest)
    .filter((key) => manifest[key].isEntry)
    .forEach(add);
  return found;
}
