import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A tar.gz with these files, made with the machine's own tar. */
export function tarGz(name: string, files: Record<string, string>): { path: string; bytes: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "kl-archive-"));
  const source = join(folder, "source");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text);
  }
  const path = join(folder, name);
  execFileSync("tar", ["-czf", path, "-C", source, ...Object.keys(files)]);
  return { path, bytes: readFileSync(path) };
}
