"""An embedded AMQP 1.0 broker that the Azure Service Bus client takes for Service Bus.

It reads the official emulator's configuration file and runs on one machine: `python -m local.broker`, or `serving()`
in tests. Transactions are refused, access keys are not checked.
"""

from local.broker.config import BrokerConfig, QueueConfig, RuleConfig, TopicConfig
from local.broker.config_fields import ConfigError
from local.broker.serving import Serving, serving

__all__ = ["BrokerConfig", "ConfigError", "QueueConfig", "RuleConfig", "Serving", "TopicConfig", "serving"]
