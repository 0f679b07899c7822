"""What pyfirmata2 needs to open a board and to keep it open. Prints what it measured as JSON.

pyfirmata2_client.py open PORT | idle PORT SECONDS
"""

import json
import sys
import time

import pyfirmata2


def main():
    """Do what the arguments say."""
    what, path = sys.argv[1:3]
    start, used = time.perf_counter(), time.process_time()
    board = pyfirmata2.Arduino(path)
    said = {"open": time.perf_counter() - start, "open_cpu": time.process_time() - used}
    if what == "idle":
        board.samplingOn()  # its reading thread: without it nothing that the board says arrives
        time.sleep(1)
        start, used = time.perf_counter(), time.process_time()
        time.sleep(float(sys.argv[3]))
        said["idle"] = (time.process_time() - used) / (time.perf_counter() - start)
    board.exit()
    print(json.dumps(said))


main()
