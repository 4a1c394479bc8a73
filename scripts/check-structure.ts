// Checks what no linter checks: within a package imports run only from a wing to those below it, a folder of `src` holds at most sixteen
// files, and no object literal is spread for the sake of layout. Prints each place that breaks a rule, and ends with 1 where there is one.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const MAX_FILES = 16

/**
 * Each package's wings (folders of its `src`), from below to above: a wing may import what stands on a line before its own. Wings of one
 * line import nothing of one another. A file beside the folders is a wing of its own where its name stands here; `.` is all others of
 * them. An `index.ts` and a `main.ts` may import everything.
 */
const WINGS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/contracts': [['.'], ['check'], ['codec'], ['events']],
  'packages/test-services': [['.'], ['install'], ['kafka', 'postgres']],
  'packages/kafka': [['.'], ['kafkajs'], ['cluster'], ['group', 'publish'], ['consume']],
  'packages/core': [['.'], ['flow', 'texts'], ['plugin'], ['ports'], ['host'], ['intake', 'upkeep'], ['testing']],
  'apps/bench': [
    ['figures'],
    ['results'],
    ['machine'],
    ['load', 'peers'],
    ['stage'],
    ['parts'],
    ['report'],
    ['guard'],
    ['.'],
  ],
  'apps/server': [
    ['errors.ts', 'limits', 'version.ts'],
    ['config'],
    ['logging', 'metrics'],
    ['auth'],
    ['engines'],
    ['host'],
    ['delivery'],
    ['intake'],
    ['http'],
    ['.'],
  ],
  'packages/postgres': [
    ['errors.ts', 'limits.ts'],
    ['migrations'],
    ['schema'],
    ['connect'],
    ['events', 'log', 'peers', 'embedded'],
    ['inbox'],
    ['letters'],
    ['erasure'],
    ['apply'],
    ['upkeep'],
    ['.'],
  ],
}

const problems: string[] = []
const IMPORT = /(?:from|import\(|import|new URL\()\s*'(\.{1,2}\/[^']+\.ts)'/g

for (const [folder, lines] of Object.entries(WINGS)) {
  const src = join(folder, 'src')
  const lineOf = (wing: string) => lines.findIndex((line) => line.includes(wing))
  const wingOf = (file: string) => {
    const [first = '.', ...rest] = relative(src, file).split('/')
    return rest.length > 0 || lineOf(first) !== -1 ? first : '.'
  }
  for (const file of globSync(`${src}/**/*.ts`)) {
    const name = relative(src, file)
    if (name === 'index.ts' || name === 'main.ts') continue
    const wing = wingOf(file)
    if (lineOf(wing) === -1) problems.push(`${file}: ${wing} is not a wing of ${folder}`)
    for (const [, to = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = wingOf(join(dirname(file), to))
      if (target !== wing && lineOf(target) >= lineOf(wing))
        problems.push(`${file} imports ${to}: ${wing} stands below ${target}, or beside it`)
    }
  }
}

const counts = new Map<string, number>()
for (const file of globSync('{packages,apps}/*/src/**/*.*'))
  counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
for (const [folder, count] of counts)
  if (count > MAX_FILES) problems.push(`${folder} holds ${count} files, at most ${MAX_FILES} are allowed`)

const LITERAL_SPREAD = /\.\.\.\{/
for (const file of globSync('{packages,apps}/*/{src,test}/**/*.ts'))
  if (LITERAL_SPREAD.test(readFileSync(file, 'utf8')))
    problems.push(`${file} spreads an object literal: write its properties where it stands`)

for (const problem of problems.sort()) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
