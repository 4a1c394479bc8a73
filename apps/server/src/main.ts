#!/usr/bin/env node
import { loadConfig } from './config/load-config.ts'
import { createBelfry } from './create-belfry.ts'
import { run } from './run.ts'

await run(async ({ check, restored }) => {
  const belfry = await createBelfry({
    config: await loadConfig(process.argv, process.env),
    plugins: new URL('./plugins.ts', import.meta.url),
    restored,
  })
  if (!check) await belfry.start()
  return belfry
})
