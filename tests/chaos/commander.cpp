#include "chaos/commander.h"

#include <stdexcept>

namespace holdfast::test {

Commander::Commander(const RunningStack& stack, std::vector<Deed> deeds, std::uint64_t seed)
    : stack_(stack), deeds_(std::move(deeds)), chance_(seed), thread_([this] { work(); }) {}

Commander::~Commander() {
  wish(Wish::end);
  thread_.join();
}

void Commander::do_each_once() {
  for (const Deed& deed : deeds_)
    do_one(deed);
}

void Commander::resume() {
  wish(Wish::work);
}

void Commander::pause() {
  wish(Wish::pause);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return rests_; });
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void Commander::wish(Wish wish) {
  const std::lock_guard lock(mutex_);
  wish_ = wish;
  changed_.notify_all();
}

/// Waits while it is to rest; false when it is to end.
bool Commander::may_work() {
  std::unique_lock lock(mutex_);
  rests_ = wish_ != Wish::work || !failure_.empty();
  changed_.notify_all();
  changed_.wait(lock, [this] { return wish_ == Wish::end || (wish_ == Wish::work && failure_.empty()); });
  rests_ = false;
  return wish_ != Wish::end;
}

void Commander::work() {
  while (may_work()) {
    try {
      do_one(deeds_[chance_() % deeds_.size()]);
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
  }
}

void Commander::do_one(const Deed& deed) {
  if (deed.before) deed.before();
  for (const Words& command : deed.commands) {
    const Finished finished = stack_.command(command);
    if (finished.code == 0) continue;
    std::string words;
    for (const std::string& word : command)
      words += word + " ";
    throw std::runtime_error(words + finished.failure());
  }
  for (const std::string& service : deed.ends)
    ++asked_[service];
  ++done_;
}

} // namespace holdfast::test
