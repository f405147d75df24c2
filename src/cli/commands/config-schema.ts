/** `drover config schema`: prints the JSON Schema of the configuration. */
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'

export const configSchemaCommand = defineCommand({
  name: 'config schema',
  group: 'Configuration',
  summary: 'Print the JSON Schema of the configuration, for editors',
  inputs: {},
  examples: { 'config schema > drover.schema.json': 'to refer to it from a YAML or JSON file' },
  async run(_, { out, readConfigSchema }) {
    out.write(await readConfigSchema())
    return exitOk
  },
})
