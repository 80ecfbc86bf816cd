import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Platform } from "../server";

/** Runs statements in the database of a platform of the test's own, by the machine's Python. */
export function inDatabase(platform: Platform, ...statements: string[]) {
  const code = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=30) as db:\n    [db.execute(one) for one in sys.argv[2:]]\n";
  execFileSync("python3", ["-c", code, join(platform.dataDir, DATABASE), ...statements]);
}

const DATABASE = "rows.db";
