import { loadConfig } from '../src/config/load-config.ts'
import { createBelfry } from '../src/create-belfry.ts'
import { run } from '../src/run.ts'

// The program with a plugin that does what it is told to, in the thread that serves too.
const plugins = new URL('./intake/troubled-plugins.ts', import.meta.url)

await run({
  check: async () => [],
  async begin() {
    const belfry = await createBelfry({ config: await loadConfig(process.argv, process.env), plugins })
    await belfry.start()
    return belfry
  },
})
