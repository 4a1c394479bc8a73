// Fetches what a real Kafka needs and no package manager here has: its jars. Then starts it once, so that it starts sooner later.
import { archiveKafka, installKafka } from '../packages/test-services/src/index.ts'

console.log(`The jars of Kafka are in ${installKafka()}`)
await archiveKafka()
