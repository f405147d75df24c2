/** `drover import package`: a configuration from the scripts of a package.json. */
import { basename } from 'node:path'
import { importPackage } from '../../config/import/package-json.ts'
import { argument, defineCommand } from '../define-command.ts'
import { deliverDraft, deliveryInputs, placeOf } from '../deliver-draft.ts'
import { runnerOf } from '../package-runner.ts'

export const importPackageCommand = defineCommand({
  name: 'import package',
  group: 'Configuration',
  summary: 'Write a configuration from the scripts of a package.json',
  inputs: {
    file: argument.one('file', 'the package.json', 'files'),
    scripts: argument.any('scripts', 'scripts of it (default: start, serve or dev, and workers)', null),
    ...deliveryInputs,
  },
  examples: {
    'import package package.json': 'look at it first',
    'import package package.json start worker:mail -o drover.yaml': 'two scripts, into a file',
  },
  async run({ file, scripts, ...delivery }, context) {
    const { value } = await context.readForeign(file, { cwd: context.cwd })
    const place = placeOf(file, delivery, context.cwd)
    const runner = runnerOf(place.sourceFolder, value)
    const draft = importPackage({ name: basename(file), value, scripts, runner, place })
    return await deliverDraft(draft, delivery, context)
  },
})
