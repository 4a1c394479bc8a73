import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findSdk, isMissing, type SdkLanguage } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../start-belfry.ts'
import { services, startForSdks } from './start-for-sdks.ts'

const page = await readFile(new URL('../../../../docs/producer.md', import.meta.url), 'utf8')
const folderOf = (language: SdkLanguage) => fileURLToPath(new URL(language, import.meta.url))
/** The SDK for JavaScript is a dependency of this package. */
const node = { command: process.execPath, args: [], env: {} }

describe.each([
  { language: 'python', file: 'example.py', program: findSdk('python', folderOf('python')) },
  { language: 'java', file: 'Example.java', program: findSdk('java', folderOf('java')) },
  { language: 'js', file: 'example.mjs', program: node },
])('the example of docs/producer.md in $language', ({ language, file, program }) => {
  it.skipIf(services === undefined || isMissing(program))('tells its person once, over HTTP and Kafka', async () => {
    if (program === undefined) throw new Error(`the SDK for ${language} is missing: run pnpm services:install`)
    await using belfry = await startForSdks()
    await using folder = await temporaryFolder()
    const { url, token, bootstrap, topic } = belfry.target
    const shown = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? ''
    const source = shown
      .replace('http://127.0.0.1:8080/v1/events', url)
      .replace('127.0.0.1:9092', bootstrap)
      .replace('Bearer …', `Bearer ${token}`)
      .replace(/(["'])booking\1/, JSON.stringify(topic))
      // From a folder of its own it is not found.
      .replace(/from '(cloudevents|kafkajs)'/g, (_, name) => `from '${import.meta.resolve(name)}'`)
    await writeFile(join(folder.path, file), source)
    const args = [...program.args.slice(0, -1), join(folder.path, file)]
    await promisify(execFile)(program.command, args, { env: { ...process.env, ...program.env } })
    await expect.poll(belfry.repeats).toBe(1)
    expect(await belfry.booked()).toHaveLength(1)
    await belfry.expectCalm()
  })
})
