import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { builtOrNot } from '../../src/host/load-plugins.ts'
import { temporaryFolder } from '../start-belfry.ts'

it('a module that is named as it is written is found as it was built, where only that is there', async () => {
  await using folder = await temporaryFolder()
  const [written, built] = ['ts', 'js'].map((ending) => pathToFileURL(join(folder.path, `thread.${ending}`)))
  if (!written || !built) throw new Error('two were named')
  await writeFile(built, '')
  expect(builtOrNot(written).href).toBe(built.href)
  await writeFile(written, '')
  expect(builtOrNot(written).href).toBe(written.href)
})
