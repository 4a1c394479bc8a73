#!/usr/bin/env node
import { checkBelfry } from './check-belfry.ts'
import { loadConfig } from './config/load-config.ts'
import { createBelfry } from './create-belfry.ts'
import { run } from './run.ts'

const plugins = new URL('./plugins.ts', import.meta.url)

await run({
  async check() {
    return await checkBelfry({ config: await loadConfig(process.argv, process.env), plugins })
  },
  async begin({ restored }) {
    const config = await loadConfig(process.argv, process.env)
    const belfry = await createBelfry({ config, plugins, restored })
    await belfry.start()
    return belfry
  },
})
