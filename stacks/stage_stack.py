"""What both stacks of a stage have in common."""

from aws_cdk import CfnOutput, CliCredentialsStackSynthesizer, Environment, Stack
from constructs import Construct

from stacks.stage import Stage


class StageStack(Stack):
    """`postroad-<stage>-<name>`, in the stage's account and Region, protected from being deleted."""

    def __init__(self, scope: Construct, *, stage: Stage, name: str, description: str) -> None:
        """Make the empty stack."""
        super().__init__(
            scope,
            stage.resource(name),
            description=f"Postroad {stage.name}: {description}",
            env=Environment(account=stage.account, region=stage.region),
            # The emulated cloud can't assume the roles that bootstrapping makes.
            synthesizer=CliCredentialsStackSynthesizer() if stage.is_local else None,
            termination_protection=True,
        )
        self.stage = stage

    def tell(self, name: str, value: str) -> None:
        """Make the output `name`."""
        # Its construct is named otherwise: an output may bear the name of the construct that it tells of.
        CfnOutput(self, f"Output{name}", value=value).override_logical_id(name)
