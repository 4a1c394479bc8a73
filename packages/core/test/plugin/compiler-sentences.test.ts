import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/*
 * What the compiler says is part of the plugin API. The file under sentences/ holds one plugin a mistake; here stands, for each,
 * the place that is named and the sentence, as people see them.
 */

const folder = fileURLToPath(new URL('./sentences/', import.meta.url))
const source = readFileSync(`${folder}plugin-with-mistakes.ts`, 'utf8').split('\n')

/** Every error of the compiler: the plugin's export and the text under the cursor, then all sentences that follow. */
function compilerSays(): ReadonlyMap<string, { at: string; says: string }> {
  const { stdout } = spawnSync('tsc', ['--pretty', 'false', '-p', folder], { encoding: 'utf8', cwd: folder })
  const errors = stdout.split(/\n(?=\S)/).filter((text) => text.includes('error TS'))
  return new Map(
    errors.map((text) => {
      const found = /^plugin-with-mistakes\.ts\((\d+),(\d+)\): error TS\d+: ([\s\S]*)$/.exec(text.trim())
      if (!found) throw new Error(`not understood: ${text}`)
      const [line, column] = [Number(found[1]), Number(found[2])]
      const plugin = source.slice(0, line).findLast((one) => one.startsWith('export const'))
      const at = /^[\w$]+/.exec((source[line - 1] ?? '').slice(column - 1))?.[0] ?? ''
      return [/const (\w+)/.exec(plugin ?? '')?.[1] ?? '', { at, says: found[3] ?? '' }]
    }),
  )
}

const said = compilerSays()

const expected: Readonly<Record<string, { at: string; says: RegExp }>> = {
  misspeltHandler: {
    at: 'bookingCraeted',
    says: /Did you mean to write 'bookingCreated'\?|did you mean.*bookingCreated/i,
  },
  misspeltField: { at: 'userid', says: /Property 'userid' does not exist on type .*Did you mean 'userId'\?/ },
  misspeltSetting: {
    at: 'quiethours',
    says: /Property 'quiethours' does not exist on type .*Did you mean 'quietHours'\?/,
  },
  misspeltMessage: { at: 'confirmd', says: /Property 'confirmd' does not exist on type .*Did you mean 'confirmed'\?/ },
  misspeltParameter: {
    at: 'resuorce',
    says: /'resuorce' does not exist in type .*|Did you mean to write 'resource'\?/,
  },
  unreadableText: { at: 'title', says: /this text cannot be read: a \{ is never closed/ },
  unreadableTranslation: { at: 'hello', says: /this translation cannot be read: \{when, rnage\} has an unknown type/ },
  parameterOfAnotherKind: {
    at: 'hello',
    says: /this translation uses parameters that its message does not have, or has as another kind': "when"/,
  },
  forgottenReturn: { at: 'bookingCreated', says: /not assignable to type 'Handler</ },
  resourceForPerson: { at: 'data', says: /is not assignable to parameter of type 'To'/ },
  idForTime: { at: 'startsAt', says: /is not assignable to type/ },
}

for (const [plugin, { at, says }] of Object.entries(expected))
  it(`reports a mistake where it is: ${plugin}`, () => {
    expect(said.get(plugin)?.says).toMatch(says)
    expect(said.get(plugin)?.at).toBe(at)
  })

it('finds one mistake in each of these plugins, and no other', () => {
  expect([...said.keys()].sort()).toEqual(Object.keys(expected).sort())
})
