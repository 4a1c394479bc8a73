import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:async )?(const|let|function\*?|class|interface|type|namespace) ([A-Za-z_$][\w$]*)/gm
const LISTED = /^export (type )?\{([^}]*)\}(?: from '([^']+)')?/gm
const EVERYTHING = /^export (?:type )?\*(?: as ([A-Za-z_$][\w$]*))? from '([^']+)'/gm
const DEFAULT = /^export default /m

/** What a source file exports, by name; `type` stands before those of which nothing is left at run time. */
export function namesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const isType = (kind: string | undefined) => kind === 'interface' || kind === 'type'
  const declared = [...text.matchAll(DECLARED)].map(([, kind, name]) => (isType(kind) ? `type ${name}` : `${name}`))
  const listed = [...text.matchAll(LISTED)].flatMap(([, type, names = '']) =>
    names
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => `${type === undefined && !one.startsWith('type ') ? '' : 'type '}${nameIn(one)}`),
  )
  const everything = [...text.matchAll(EVERYTHING)].flatMap(([whole, as, from = '']) => {
    if (as !== undefined) return [as]
    const names = namesOf(resolve(file, '..', from))
    return whole.startsWith('export type') ? names.map((name) => `type ${name.replace(/^type /, '')}`) : names
  })
  return [...new Set([...declared, ...listed, ...everything, ...(DEFAULT.test(text) ? ['default'] : [])])].sort()
}

const nameIn = (listed: string): string => listed.replace(/^type /, '').replace(/^.* as /, '')
