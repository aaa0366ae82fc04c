"""All seeded defects. The simulator has to find each of them; `python -m tests.mutants` shows whether it does.

Mistakes that do no lasting harm, because a second safeguard takes their place, are no defects and not in the list:
sending an unknown order again under the same name (the exchange refuses the double), forgetting after a restart which
names were used (likewise), accepting an older report, position or balance (the next answer puts it right within
seconds), closing a cycle on its fills alone (they come to 0 only when all are there).
"""

from tests.mutants.catalogue.ladder import LADDER
from tests.mutants.catalogue.money import MONEY
from tests.mutants.catalogue.orders import ORDERS
from tests.mutants.catalogue.profit import PROFIT
from tests.mutants.catalogue.restart import RESTART
from tests.mutants.catalogue.streams import STREAMS

DEFECTS = (*ORDERS, *LADDER, *PROFIT, *MONEY, *STREAMS, *RESTART)
