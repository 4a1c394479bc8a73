// Checks what no linter knows of the folders of `src`: within a package imports run only from a wing to those below it, and a folder
// holds at most sixteen files. Prints each place that breaks a rule, and ends with 1 where there is one.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const MAX_FILES = 16

/**
 * Each package's wings (folders of its `src`), from below to above: a wing may import what stands on a line before its own. Wings of one
 * line import nothing of one another. `.` is the files beside the folders; an `index.ts` and a `main.ts` may import everything.
 */
const WINGS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/kafka': [['.'], ['kafkajs'], ['cluster'], ['group', 'publish'], ['consume']],
