"""Put the files of one symbol together to a source."""

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.beside import marks_at, read_funding
from gridtrader.simulator.market.candles import read_candles
from gridtrader.simulator.market.files import read_table
from gridtrader.simulator.market.recorded import RecordedSource
from gridtrader.simulator.market.trades import is_trades, read_trades


def open_recording(
    contract: Instrument, prices: str, mark: str | None = None, funding: str | None = None, spread_ticks: int = 0
) -> RecordedSource:
    """Return the source of a file of candles or trades (its columns tell), with mark and funding files if given.

    Raises PriceError, one line with file and row, about whatever is wrong with one of them.
    """
    table = read_table(prices)
    recording = read_trades(table, contract) if is_trades(table) else read_candles(table, contract)
    marks = None if mark is None else marks_at(read_table(mark), recording, contract)
    settlements = None if funding is None else read_funding(read_table(funding), contract)
    return RecordedSource(contract, recording, marks, settlements, spread_ticks)
