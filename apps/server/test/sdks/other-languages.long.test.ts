import { fileURLToPath } from 'node:url'
import { findSdk, isMissing, type SdkLanguage } from '@belfry/test-services'
import { describe, it } from 'vitest'
import { services } from './start-for-sdks.ts'
import { expectToldOnce } from './told-once.ts'

const five = ['HTTP binary', 'HTTP structured', 'HTTP batch', 'Kafka binary', 'Kafka structured']
const ofBytes = ['HTTP structured of bytes', 'Kafka structured of bytes']
/** Of characters that need more than ASCII, up to four bytes in UTF-8. */
const unicode = ['„ü“', '日本 ☃ 😀', 'a "b" c', '\\']
const programOf = (language: SdkLanguage) => findSdk(language, fileURLToPath(new URL(language, import.meta.url)))

describe.each([
  { api: 'Python', language: 'python', modes: [...five, ...ofBytes], texts: [...unicode, '50% 50%25', '"quoted"'] },
  {
    api: 'Python, version 1',
    language: 'python',
    modes: [
      'version 1, HTTP binary',
      'version 1, HTTP structured',
      'version 1, Kafka binary',
      'version 1, Kafka structured',
      'version 1, Kafka structured with a type',
    ],
    // Its clients for HTTP write headers in Latin-1, and refuse what is beyond.
    texts: ['ü', 'a "b" c', '\\'],
  },
  {
    api: 'Java',
    language: 'java',
    modes: [...five, ...ofBytes, 'HTTP structured by HttpClient'],
    texts: unicode,
  },
  // The newer client for HTTP replaces what is not ASCII in a header by question marks.
  { api: 'Java, with HttpClient', language: 'java', modes: ['HTTP binary by HttpClient', ...five], texts: ['a "b" c'] },
  { api: 'Go', language: 'go', modes: five, texts: unicode },
] as const)('an event of the SDK for $api', ({ language, modes, texts }) => {
  const program = programOf(language)
  // Go is tested where it is installed.
  const isSkipped = services === undefined || (language === 'go' ? program === undefined : isMissing(program))
  it.skipIf(isSkipped)('tells its person once, in whichever modes it is sent', async () => {
    if (program === undefined)
      throw new Error(`the SDK for ${language} is missing: install it, and run pnpm services:install`)
    await expectToldOnce(program, modes, texts)
  })
})
