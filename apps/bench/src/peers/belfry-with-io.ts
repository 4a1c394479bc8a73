// Belfry with a plugin that does I/O, composed as docs/app-team.md has it.
import { checkBelfry, createBelfry, loadConfig, run } from '@belfry/server'

const plugins = new URL('./io-plugins.ts', import.meta.url)

await run({
  async check() {
    return await checkBelfry({ config: await loadConfig(process.argv, process.env), plugins })
  },
  async begin({ restored }) {
    const belfry = await createBelfry({ config: await loadConfig(process.argv, process.env), plugins, restored })
    await belfry.start()
    return belfry
  },
})
