import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join, matchesGlob, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository, which images are built from. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url))

export interface Instruction {
  /** In capitals. */
  readonly name: string
  readonly rest: string
}

/** The stages of a Dockerfile, each from its FROM on. */
export function readDockerfile(file: string): readonly (readonly Instruction[])[] {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
  const stages: Instruction[][] = []
  for (const [, name = '', rest = ''] of text.matchAll(/^(\w+)\s+(.+)$/gm)) {
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, rest })
  }
  return stages
}

/** The words of an instruction in exec form. */
export function execForm(text: string): readonly string[] {
  const words: unknown = JSON.parse(text)
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
    throw new Error(`${text}: not exec form`)
  return words
}

const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** Whether a path is left out: as docker reads .dockerignore, the last line that names it, or a folder that it is in, decides. */
export function isIgnored(path: string): boolean {
  const steps = path.split('/')
  const paths = steps.map((_, index) => steps.slice(0, index + 1).join('/'))
  const isNamed = (glob: string) => glob === '*' || paths.some((one) => matchesGlob(one, glob))
  const last = rules.findLast((rule) => isNamed(rule.replace(/^!/, '')))
  return last !== undefined && !last.startsWith('!')
}

/** Copies what docker is given to build from. */
export function copyContext(to: string): void {
  for (const name of readdirSync(root))
    if (!isIgnored(name))
      cpSync(join(root, name), join(to, name), {
        recursive: true,
        filter: (source) => !isIgnored(relative(root, source)),
      })
}
