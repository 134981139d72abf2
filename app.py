"""CDK entry point: read the stage's configuration, build its stacks, tag them, check them with cdk-nag.

`npx cdk deploy --all -c stage=prod` reads `config/prod.toml`.
"""

from stacks.application import make_app

make_app().synth()
