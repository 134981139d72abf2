"""The prose of docs/reference/command-line.md; `reference` puts it together with what the commands say."""

from postroad.cli.permissions import ALWAYS

INTRODUCTION = """\
# The command line

<!-- Written by `python -m postroad.cli.reference` from postroad/cli/: edit it there. -->

`postroad` is for people who operate a stage. It works on the stage that `--stage` names, before or after
the command, or the variable `POSTROAD_STAGE`; without either on `local`, the stack of `make up`. Tables and
queues are found from the outputs of the stacks `postroad-<stage>-foundation` and `postroad-<stage>-mail`.
The Region comes from `config/<stage>.toml` in the working folder, or from AWS's own settings where there is
no such file; credentials come from AWS's settings, and for the local stage from the stack itself.
"""

ACCOUNT = """
## The right account

Before anything of a stage is read, the account of your credentials is compared with `aws.account` in
`config/<stage>.toml`, and their partition with that of the Region. If they differ, the command ends with
code 5, names both accounts, and has touched nothing: set `AWS_PROFILE`.

Where there is no `config/<stage>.toml`, a stage may be looked at. To change something there, name its
account: `postroad --account 123456789012 --stage prod suppression add …`, or the variable
`POSTROAD_ACCOUNT`.

What can't be undone asks first, and shows the stage and its account in the question. `--yes` answers
beforehand. Where nobody can answer (no terminal, or `--json`) and `--yes` is not given, nothing is done,
and the code is 4.
"""

JSON = """
## JSON

`--json`, before or after the command, prints one JSON document on standard output, also when something is
wrong: `{"error": {"what", "next", "exit_code"}}`, for words that can't be used too. Nothing is ever asked
then. Progress and questions go to standard error.

## Exit codes

| code | meaning |
|---|---|
"""

MORE = """
`postroad local status` ends with 1 when the stack does not run. A command that a signal ends has 128 and
the signal's number.

## Completion

The option `--install-completion` installs it for the shell that runs the command (bash, zsh or fish), and
`--show-completion` prints what it would install. In a script, `_POSTROAD_COMPLETE=source_zsh
postroad` prints it for zsh, and likewise for the others. It completes commands and options, stages and
streams from `config/`, e-mails from `templates/`, and scopes; it asks nothing of AWS. Bash takes the part
after a colon for a word of its own: choose a scope such as `stream:marketing` before you type the colon.

## Lists of suppressions

`suppression import` reads CSV with a header: any of `,` `;` tab and `|` between cells, any line ends, UTF-8
(or UTF-16 with its mark). Only the address is needed, or its key: who left by a link without being a contact
is known by that alone, and so is who was erased. A key counts where the address secret is the same.

"""

LISTS = """
A time is ISO 8601 (UTC if it names no zone), a date, seconds since 1970, or as in a mail's header.
`evidence` is taken as it stands; without that column it becomes `import <file> row <n>`, and a `note` is
added to it. Whatever else the file holds is left out, and named. SES's own list has the right names when
its entries are written as CSV:

```sh
printf 'email\\treason\\tsince\\n' > suppressed.tsv
aws sesv2 list-suppressed-destinations --output text \\
  --query 'SuppressedDestinationSummaries[].[EmailAddress,Reason,LastUpdateTime]' >> suppressed.tsv
```

- A row that is wrong is told with its number (as in a spreadsheet: the header is row 1), column and remedy,
  and costs no other row. `--errors` writes all of them to a CSV file.
- What is stronger or older than a row stays as it is: a complaint, say, where the row tells of a bounce. It
  counts as suppressed already, and nothing is written.
- So an import can be run again, after an interruption or by mistake: the second run writes nothing, and
  adds nothing to the history.
- An address that was removed here stays removed where the row's `since` is older than the removal and its
  reason the same. Any other row suppresses it again, one without `since` too, for it counts from now. The
  report counts both (`lifted`, `again`) and names the first twenty.
- `--dry-run` does all but writing. A row that repeats an earlier one may be counted as new there.
- Memory doesn't grow with the file. It takes a request for each 100 addresses to read, and one for each 25
  to write.

`suppression export` writes the same columns, and importing its file into an empty stage gives the same
suppressions, to the microsecond; the history stays behind. A cell that a spreadsheet would take for a
formula begins with an apostrophe, which the import takes off again. A file by `--output` appears when it is
complete, readable by its owner alone.

## Good to know

- `why --to` and every command about single addresses turn the address into its key with the stage's address
  secret. Who may read that secret can find every record of an address.
- A complaint is the recipient's own word. `suppression remove` refuses to lift it without
  `--acknowledge-complaint` and a reason, which the history keeps.
- SES keeps an account-level suppression list of its own. Removing a hard bounce or a complaint here leaves
  it as it is; the command says how to remove the address there, and `suppression sync` does it for all.
- `queues` receives dead letters to look at them, and shows them again at once. SQS counts that as a
  receive. It never receives from a stream's own queue: the age of the oldest message there comes from
  CloudWatch, some minutes late, and is not known on the local stage.
- Counts of queues are SQS's own, which it calls approximate.
"""

PERMISSIONS = f"""
## Permissions

Beside `{ALWAYS[0]}` on the two stacks, and use of the key where the stage has a customer-managed one. A
transaction of DynamoDB is judged by the actions on its items. Commands that are not listed ask nothing of
AWS.

| command | AWS actions |
|---|---|
"""
