import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { services } from './start-for-sdks.ts'
import { expectToldOnce } from './told-once.ts'

const program = {
  command: process.execPath,
  args: [fileURLToPath(new URL('javascript/send.ts', import.meta.url))],
  env: {},
}

describe.skipIf(services === undefined)('an event of the SDK for JavaScript', () => {
  it('tells its person once, in whichever modes it is sent', async () => {
    const modes = [
      'HTTP binary',
      'HTTP binary, emitted',
      'HTTP structured',
      'HTTP structured, emitted',
      'HTTP batch',
      'Kafka binary',
      'Kafka structured',
      'HTTP structured of bytes',
      'Kafka structured of bytes',
      'Kafka binary with a type',
    ]
    // Its clients for HTTP write headers in Latin-1, and refuse what is beyond.
    await expectToldOnce(program, modes, ['ü', 'a "b" c', '\\', "d'e/f?g=h&i#j"])
  })
})
