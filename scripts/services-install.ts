// Fetches what a real Kafka needs and no package manager here has: its jars.
import { installKafka } from '../packages/test-services/src/index.ts'

console.log(`The jars of Kafka are in ${installKafka()}`)
