'use strict';
// Reads every source file without running it, and looks for the handler: workspace, handler.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { spawnSync } = require('node:child_process');

const [root, handler] = process.argv.slice(2);
const errors = [];
const skipped = new Set(['node_modules', '.git', '.runtime']);

function isModule(file) {
  if (/\.[mc]js$/.test(file)) return file.endsWith('.mjs');
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (fs.existsSync(manifest)) {
      try {
        return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
      } catch {
        return false;
      }
    }
    if (folder === root || !folder.startsWith(root)) return false;
  }
}

// Modules tell their line only to the program that loads them: it is asked, without running them.
function lineOf(text) {
  const place = /:(\d+)\n/.exec(text);
  return place ? Number(place[1]) : null;
}

function check(file) {
  const name = path.relative(root, file);
  const code = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
  try {
    if (isModule(file)) new vm.SourceTextModule(code, { identifier: file });
    else vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file });
  } catch (error) {
    const line = lineOf(error.stack ?? '') ?? lineOf(spawnSync(process.execPath, ['--check', file]).stderr?.toString() ?? '');
    let message = `${error.name}: ${error.message}`;
    if (/outside a module|Unexpected token 'export'/.test(message)) {
      message += ' (name the file .mjs, or add "type": "module" to package.json)';
    }
    errors.push({ file: name, line, message });
  }
}

function walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (errors.length >= 20 || skipped.has(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) walk(full);
    else if (/\.[mc]?js$/.test(entry.name)) check(full);
  }
}

walk(root);
let problem = null;
const dot = handler.lastIndexOf('.');
const [name, key] = [handler.slice(0, dot), handler.slice(dot + 1)];
const endings = ['.js', '.mjs', '.cjs', '/index.js', '/index.mjs', '/index.cjs'];
const file = endings.map((ending) => path.join(root, name + ending)).find((candidate) => fs.existsSync(candidate));
if (dot < 1) problem = `The handler ${handler} is not <module>.<function>.`;
else if (!file) problem = `There is no file ${name}.js for the handler ${handler}.`;
else {
  const text = fs.readFileSync(file, 'utf8');
  // What a module exports is known for sure only when it runs; a name that is nowhere is never exported.
  const passesOn = /module\.exports\s*=\s*require|export\s*\*/.test(text);
  if (!passesOn && !new RegExp(`(^|[^\\w$])${key.replace(/\$/g, '\\$')}($|[^\\w$])`).test(text)) {
    problem = `${path.relative(root, file)} exports no function ${key}.`;
  }
}
console.log(JSON.stringify({ errors, handler: problem }));
